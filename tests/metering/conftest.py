import pytest

from modelyard.infra import Infra
from tests.metering.bank import Bank


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank on each database."""
    return Bank.of(infra)
