"""Usage, sales and receipts over /api/v1."""

from datetime import timedelta

import pytest

from modelyard.infra import Infra
from modelyard.kernel import ManualClock, Period
from modelyard.metering import Dimension, Usage, Wanted, sales
from tests.metering.bank import SYSTEM
from tests.metering.desk import Desk


@pytest.fixture
def desk(sqlite_infra: Infra, clock: ManualClock) -> Desk:
    """The faces of money on SQLite, after three requests on two days and one without a price."""
    desk = Desk(sqlite_infra)
    desk.bank.top_up("1")
    price = desk.bank.price()
    for hours in (0, 1, 24):
        clock.advance(timedelta(hours=hours))
        desk.bank.settle(desk.bank.reserve(desk.bank.ask(price, request=f"req_{hours}")), Usage(10, 20))
    desk.bank.settle(desk.bank.reserve(desk.bank.ask(None, request="req_free")), Usage(1, 2))
    return desk


def test_a_customer_lists_requests_the_newest_first_page_by_page(desk: Desk) -> None:
    seen, cursor = [], ""
    while True:
        page = desk.call("GET", f"/accounts/ada/usage?limit=3{cursor}", "ada")
        seen += [each["request"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(seen[:2]) == ["req_24", "req_free"]
    assert seen[2:] == ["req_1", "req_0"]


def test_one_event_says_what_it_cost_and_who_gets_it(desk: Desk) -> None:
    [*_, first] = desk.call("GET", "/accounts/ada/usage", "ada")["items"]
    assert (first["prompt_tokens"], first["completion_tokens"], first["estimated"]) == (10, 20, False)
    assert {name: money["amount"] for name, money in first["amounts"].items()} == {
        "rated": "0.00015",
        "charged": "0.00015",
        "seller": "0.00012",
        "platform": "0.00003",
    }


def test_totals_by_day_keep_what_is_free_apart(desk: Desk) -> None:
    totals = desk.call("GET", "/accounts/ada/usage/totals?by=day", "ada")["items"]
    rows = [(each["by"]["day"], each["requests"], each["amounts"] and each["amounts"]["charged"]) for each in totals]
    assert sorted(rows, key=str) == [
        ("2026-01-01", 2, {"amount": "0.0003", "currency": "CNY"}),
        ("2026-01-02", 1, None),
        ("2026-01-02", 1, {"amount": "0.00015", "currency": "CNY"}),
    ]


def test_filters_narrow_what_is_counted(desk: Desk) -> None:
    base = "/accounts/ada/usage/totals"
    day = "start=2026-01-02T00:00:00Z&end=2026-01-03T00:00:00Z"
    assert sum(each["requests"] for each in desk.call("GET", f"{base}?{day}", "ada")["items"]) == 2
    assert desk.call("GET", f"{base}?month=2025-12", "ada")["items"] == []
    assert desk.call("GET", f"{base}?deployment=dep_other", "ada")["items"] == []
    assert desk.call("GET", f"{base}?token=tok_other", "ada")["items"] == []


def test_a_publisher_sees_what_was_sold_and_never_to_whom(desk: Desk) -> None:
    totals = desk.call("GET", "/accounts/acme/sales/totals?by=product,price", "acme")["items"]
    assert [each["requests"] for each in totals if each["amounts"]] == [3]
    for question in ("by=account", "by=token", "token=tok_x"):
        desk.call("GET", f"/accounts/acme/sales/totals?{question}", "acme", 422)
    desk.call("GET", "/accounts/ada/usage", "acme", 403)
    desk.call("GET", "/accounts/ada/sales/totals", "acme", 403)


def test_a_receipt_is_for_those_who_paid(desk: Desk) -> None:
    receipt = desk.call("GET", "/receipts/req_0", "ada")
    assert (receipt["charge"]["held"]["amount"], receipt["charge"]["charged"]["amount"]) == ("0.001", "0.00015")
    assert receipt["transaction"].startswith("txn_")
    assert desk.call("GET", "/receipts/req_free", "oda")["charge"] is None
    for who, name in (("acme", "req_0"), ("ada", "req_none")):
        assert desk.call("GET", f"/receipts/{name}", who, 404)["code"] == "receipt_not_found"


@pytest.mark.parametrize(
    ("query", "field"),
    [("month=2026-13", "month"), ("start=2026-01-02T00:00:00Z", "end"), ("by=color", "by"), ("month=26-1", "month")],
)
def test_a_question_that_makes_no_sense_names_its_field(desk: Desk, query: str, field: str) -> None:
    assert desk.call("GET", f"/accounts/ada/usage/totals?{query}", "ada", 422)["field"] == field


def test_strangers_must_sign_in(desk: Desk) -> None:
    for path in ("/accounts/ada/usage", "/accounts/ada/usage/totals", "/receipts/req_0"):
        desk.call("GET", path, status=401)


def test_sales_are_never_told_apart_by_customer_in_code_either(desk: Desk) -> None:
    wanted = Wanted(Period.month(2026, 1))
    with desk.bank.db.reader() as session:
        for by in (Dimension.ACCOUNT, Dimension.TOKEN):
            with pytest.raises(ValueError, match="customer"):
                sales(session, actor=SYSTEM, seller=desk.bank.publisher, wanted=wanted, by=[by])
