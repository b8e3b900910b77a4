"""Credit and statements over /api/v1."""

import csv
import io

import pytest

from modelyard.infra import Infra
from modelyard.metering import Usage
from tests.metering.desk import Desk

TEN = {"amount": {"amount": "10", "currency": "CNY"}, "key": "transfer 7"}


@pytest.fixture
def desk(sqlite_infra: Infra) -> Desk:
    """The faces of money on SQLite."""
    return Desk(sqlite_infra)


def test_an_operator_adds_credit_once_and_the_customer_sees_it(desk: Desk) -> None:
    assert desk.call("GET", "/accounts/ada/credit", "ada")["items"] == []
    first = desk.call("POST", "/accounts/ada/credit", "oda", 201, TEN)
    again = desk.call("POST", "/accounts/ada/credit", "oda", 200, TEN)
    assert (first["new"], again["new"], first["transaction"]) == (True, False, again["transaction"])
    desk.bank.reserve(desk.bank.ask(desk.bank.price()))
    [wallet] = desk.call("GET", "/accounts/ada/credit", "ada")["items"]
    assert {name: each["amount"] for name, each in wallet.items()} == {
        "posted": "10.00",
        "held": "0.001",
        "available": "9.999",
    }


@pytest.mark.parametrize(
    ("who", "status", "change", "code"),
    [
        ("ada", 403, {}, "operators_only"),
        ("", 401, {}, "sign_in_required"),
        ("oda", 422, {"amount": {"amount": "0", "currency": "CNY"}}, "amount_not_positive"),
        ("oda", 422, {"amount": {"amount": "1,5", "currency": "CNY"}}, "invalid_input"),
        ("oda", 422, {"key": ""}, "idempotency_key_missing"),
    ],
)
def test_credit_is_refused(desk: Desk, who: str, status: int, change: dict[str, object], code: str) -> None:
    assert desk.call("POST", "/accounts/ada/credit", who, status, TEN | change)["code"] == code


def test_a_key_for_another_amount_is_a_conflict(desk: Desk) -> None:
    desk.call("POST", "/accounts/ada/credit", "oda", 201, TEN)
    problem = desk.call("POST", "/accounts/acme/credit", "oda", 409, TEN)
    assert problem["code"] == "idempotency_key_conflict"


def test_a_statement_adds_up_as_json_and_as_csv(desk: Desk) -> None:
    desk.call("POST", "/accounts/ada/credit", "oda", 201, TEN)
    desk.bank.settle(desk.bank.reserve(desk.bank.ask(desk.bank.price("0.005", "0.01"))), Usage(100, 50))
    statement = desk.call("GET", "/accounts/ada/statement?month=2026-01", "ada")
    [wallet] = statement["wallets"]
    [line] = wallet["usage"]
    assert (wallet["opening"]["amount"], wallet["used"]["amount"], wallet["closing"]["amount"]) == (
        "0.00",
        "0.001",
        "9.999",
    )
    assert (line["amount"]["amount"], line["price"]["completion"]["amount"]) == ("0.001", "0.01")
    sheet = desk.call("GET", "/accounts/acme/statement?month=2026-01&format=csv", "acme")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [(row["line"], row["gross"], row["platform"], row["amount"]) for row in rows] == [
        ("opening", "", "", "0.00"),
        ("sale", "0.001", "0.0002", "0.0008"),
        ("closing", "", "", "0.0008"),
    ]


def test_a_statement_is_for_those_who_may_read_the_account(desk: Desk) -> None:
    for path in ("/accounts/ada/statement", "/accounts/ada/credit"):
        desk.call("GET", path, "acme", 403)
        desk.call("GET", path, status=401)
    desk.call("GET", "/accounts/nobody/statement", "ada", 404)
    desk.call("GET", "/accounts/ada/statement", "oda")


def test_every_kind_of_line_is_in_both_forms(desk: Desk) -> None:
    desk.call("POST", "/accounts/ada/credit", "oda", 201, TEN)
    desk.bank.settle(desk.bank.reserve(desk.bank.ask(desk.bank.price("0.005", "0.01"))), Usage(100, 50))
    [sales] = desk.call("GET", "/accounts/acme/statement", "acme")["sales"]
    assert {name: sales["sales"][0][name]["amount"] for name in ("gross", "platform", "net")} == {
        "gross": "0.001",
        "platform": "0.0002",
        "net": "0.0008",
    }
    sheet = desk.call("GET", "/accounts/ada/statement?format=csv", "ada")
    rows = [(row["line"], row["amount"]) for row in csv.DictReader(io.StringIO(sheet))]
    assert rows == [("opening", "0.00"), ("top_up", "10.00"), ("usage", "-0.001"), ("closing", "9.999")]
