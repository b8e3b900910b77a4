from collections.abc import Iterator

import pytest

from modelyard.infra import Infra
from tests.serving.shop import Shop, open_shop


@pytest.fixture
def shop(sqlite_infra: Infra) -> Iterator[Shop]:
    """A served shop without models, on SQLite."""
    with open_shop(sqlite_infra) as opened:
        yield opened


@pytest.fixture
def shop_on_both(infra: Infra) -> Iterator[Shop]:
    """A served shop without models, on each database."""
    with open_shop(infra) as opened:
        yield opened
