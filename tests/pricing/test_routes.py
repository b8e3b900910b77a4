"""Prices over /api/v1."""

import pytest

from modelyard.infra import Infra
from tests.metering.desk import SECRET, Desk

PRICE = "/deployments/dep_product/price"


@pytest.fixture
def desk(sqlite_infra: Infra) -> Desk:
    """The faces of money on SQLite."""
    return Desk(sqlite_infra)


def body(prompt: str = "0.005", completion: str = "0.005", **more: object) -> dict[str, object]:
    amounts = {"prompt": prompt, "completion": completion}
    return {name: {"amount": amount, "currency": "CNY"} for name, amount in amounts.items()} | more


def test_a_publisher_sets_a_price_and_everybody_reads_it(desk: Desk) -> None:
    assert desk.call("GET", PRICE)["price"] is None
    made = desk.call("PUT", PRICE, "acme", body=body("0.005", "0.01"))
    assert (made["number"], made["platform_share_bp"], made["per_tokens"]) == (1, 2000, 1000)
    assert made["completion"] == {"amount": "0.01", "currency": "CNY"}
    assert made["effective_from"] == "2026-01-01T00:00:00Z"
    assert desk.call("GET", PRICE)["price"] == made
    desk.call("PUT", PRICE, "acme", body=body("0.02", "0.02"))
    assert [each["number"] for each in desk.call("GET", PRICE + "s")["items"]] == [2, 1]


def test_the_price_may_be_for_any_number_of_tokens(desk: Desk) -> None:
    made = desk.call("PUT", PRICE, "acme", body=body("5", "5", per_tokens=1_000_000))
    assert made["prompt"] == {"amount": "0.005", "currency": "CNY"}


@pytest.mark.parametrize(("who", "status"), [("", 401), ("ada", 403)])
def test_only_a_writer_of_the_seller_sets_it(desk: Desk, who: str, status: int) -> None:
    desk.call("PUT", PRICE, who, status, body=body())


def test_a_product_that_one_may_not_see_does_not_exist(desk: Desk) -> None:
    for method, name in (("GET", "price"), ("GET", "prices"), ("PUT", "price")):
        problem = desk.call(method, f"/deployments/{SECRET}/{name}", "acme", 404, body=body())
        assert problem["code"] == "product_not_found"


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        (body("0.0000001"), "price_too_fine", "prompt"),
        (body("0.005", "0.00000000001"), "invalid_input", "completion"),
        (body("-1"), "price_not_valid", "prompt"),
        (body("5e-3"), "invalid_input", "prompt"),
        (body() | {"prompt": {"amount": "1", "currency": "XXX"}}, "invalid_input", "prompt"),
        (body(per_tokens=1) | {"completion": {"amount": "101", "currency": "CNY"}}, "price_too_high", "completion"),
        (body(effective_from="2025-12-31T23:59:59Z"), "price_in_the_past", "effective_from"),
    ],
)
def test_bad_input_names_its_field(desk: Desk, sent: object, code: str, field: str) -> None:
    problem = desk.call("PUT", PRICE, "acme", 422, body=sent)
    assert (problem["code"], problem["field"]) == (code, field)
