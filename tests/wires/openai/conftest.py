from collections.abc import Iterator

import pytest
from openai import OpenAI

from modelyard.infra import Infra
from modelyard.serving import Stage
from tests.serving.shop import Shop, open_shop


@pytest.fixture
def shop(sqlite_infra: Infra) -> Iterator[Shop]:
    """A shop that sells the micro model at 0.005 CNY for 1,000 tokens to a customer with 10 CNY."""
    with open_shop(sqlite_infra) as opened:
        deployment = opened.deploy()
        opened.price(deployment)
        opened.top_up("10")
        assert opened.reaches(deployment, Stage.WARM)
        yield opened


@pytest.fixture
def client(shop: Shop) -> Iterator[OpenAI]:
    """The customer's unmodified client; it shall not hide a failure by trying again."""
    with OpenAI(base_url=shop.url, api_key=shop.key, max_retries=0) as opened:
        yield opened
