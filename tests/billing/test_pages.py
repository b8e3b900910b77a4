"""The pages of money, as a customer, a publisher and an operator read them."""

import pytest

from modelyard.infra import Infra
from modelyard.metering import Usage
from tests.metering.desk import Desk


@pytest.fixture
def desk(sqlite_infra: Infra) -> Desk:
    """The faces of money on SQLite, after one priced request and a free one."""
    desk = Desk(sqlite_infra)
    desk.bank.top_up("1")
    price = desk.bank.price("0.005", "0.01")
    desk.bank.settle(desk.bank.reserve(desk.bank.ask(price, request="req_one")), Usage(100, 50))
    desk.bank.settle(desk.bank.reserve(desk.bank.ask(None)), Usage(1, 2))
    return desk


@pytest.mark.parametrize(("lang", "available"), [("en", "Available credit"), ("zh", "可用额度")])
def test_a_customer_reads_what_is_left(desk: Desk, lang: str, available: str) -> None:
    page = desk.page("/settings/billing", "ada", lang=lang)
    assert available in page
    assert "0.999" in page
    assert "acme/micro" in page


def test_usage_shows_a_chart_days_models_and_requests_with_money(desk: Desk) -> None:
    page = desk.page("/settings/billing/usage", "ada")
    assert "<svg" in page
    assert page.count("0.001") >= 3
    assert "/receipts/req_one" in page
    assert "free" in page


def test_an_empty_month_says_how_to_fill_it(desk: Desk) -> None:
    assert "Nothing was used in this month" in desk.page("/settings/billing/usage?month=2025-12", "ada")
    assert "Nothing was booked" in desk.page("/settings/billing/statement?account=oda", "oda")


def test_a_statement_is_one_page_to_print(desk: Desk) -> None:
    customer = desk.page("/settings/billing/statement", "ada")
    for words in ("Opening balance", "Credit added", "Closing balance", "0.999", "Requests to free models: 1."):
        assert words in customer
    publisher = desk.page("/settings/billing/statement", "acme", lang="zh")
    for words in ("期末应付", "0.0008", "平台分成"):
        assert words in publisher


def test_a_publisher_reads_what_is_owed(desk: Desk) -> None:
    page = desk.page("/settings/billing", "acme")
    assert "Owed to you for sales" in page
    assert "0.0008" in page


def test_a_receipt_says_what_was_held_charged_and_shared(desk: Desk) -> None:
    page = desk.page("/receipts/req_one", "ada")
    for words in ("req_one", "0.0015", "0.001", "0.0008", "0.0002", "txn_"):
        assert words in page
    desk.page("/receipts/req_one", "acme", 404)


def test_nobody_reads_the_money_of_others(desk: Desk) -> None:
    desk.page("/settings/billing?account=ada", "acme", 403)
    assert "0.999" in desk.page("/settings/billing?account=ada", "oda")


def test_an_operator_adds_credit_by_a_form(desk: Desk) -> None:
    sent = {"account": "ada", "amount": "5", "currency": "CNY", "key": "transfer 9"}
    desk.post("/admin/credit", "oda", **sent)
    desk.post("/admin/credit", "oda", **sent)
    assert "5.999" in desk.page("/settings/billing", "ada")
    desk.page("/admin/credit", "ada", 403)
    desk.post("/admin/credit", "ada", 403, **sent)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "five"}, "is not an amount"),
        ({"amount": "0"}, "cannot be added"),
        ({"account": "nobody"}, "nobody"),
        ({"key": ""}, "needs a key"),
    ],
)
def test_a_form_with_a_fault_comes_back_with_what_is_wrong(desk: Desk, change: dict[str, str], words: str) -> None:
    sent = {"account": "ada", "amount": "5", "currency": "CNY", "key": "transfer 9"} | change
    assert words in desk.post("/admin/credit", "oda", 422, **sent)


def test_a_publisher_sets_the_price_by_a_form_and_all_read_its_history(desk: Desk) -> None:
    path = "/deployments/dep_product/price"
    desk.post(path, "acme", prompt="0.02", completion="0.03", currency="CNY")
    page = desk.page(path)
    assert "0.02" in page
    assert "0.005" in page
    assert "Set the price" not in page
    assert 'value="0.03"' in desk.page(path, "acme")
    assert "finer than" in desk.post(path, "acme", 422, prompt="0.0000001", completion="1", currency="CNY")
    desk.post(path, "ada", 403, prompt="1", completion="1", currency="CNY")
    desk.page("/deployments/dep_secret/price", "acme", 404)


def test_a_payment_reference_is_booked_once_and_the_second_click_is_told_so(desk: Desk) -> None:
    sent = {"account": "ada", "amount": "5", "currency": "CNY", "key": "transfer 10"}
    desk.post("/admin/credit", "oda", **sent)
    assert "already used" in desk.post("/admin/credit", "oda", 422, **sent | {"amount": "6"})


def test_a_price_page_without_a_price_says_that_use_is_free(sqlite_infra: Infra) -> None:
    assert "use is free" in Desk(sqlite_infra).page("/deployments/dep_product/price")
