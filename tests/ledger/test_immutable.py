"""The databases themselves refuse to rewrite the books, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from modelyard.infra import Infra
from modelyard.metering import Usage
from tests.metering.bank import Bank

APPEND_ONLY = ("price_version", "ledger_account", "ledger_txn", "ledger_entry", "usage_event")


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank with one settled request and one voided one."""
    bank = Bank.of(infra)
    price = bank.price()
    bank.top_up("1")
    bank.settle(bank.reserve(bank.ask(price)), Usage(3, 4))
    bank.void(bank.reserve(bank.ask(price)))
    return bank


def refused(bank: Bank, sql: str) -> str:
    with pytest.raises(DBAPIError) as error, bank.db.unit() as session:
        session.execute(text(sql))
    return str(error.value)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {0} SET currency = 'USD'", "DELETE FROM {0}"])
def test_what_is_written_is_neither_changed_nor_deleted(bank: Bank, table: str, act: str) -> None:
    if table == "ledger_txn":
        act = act.replace("currency = 'USD'", "kind = 'gift'")
    assert f"{table} is append-only" in refused(bank, act.format(table))


@pytest.mark.parametrize("table", [*APPEND_ONLY, "hold"])
def test_postgresql_refuses_to_truncate(bank: Bank, table: str) -> None:
    if not bank.db.is_sqlite:
        assert "append-only" in refused(bank, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", ["price_version", "usage_event", "ledger_txn"])
def test_sqlite_refuses_to_replace(bank: Bank, table: str) -> None:
    if bank.db.is_sqlite:
        assert "append-only" in refused(bank, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_a_transaction_that_does_not_balance_cannot_be_sealed(bank: Bank) -> None:
    with pytest.raises(DBAPIError, match="does not balance"):
        seal(bank, amount="7")
    with pytest.raises(DBAPIError, match="does not balance"):
        seal(bank, amount=None)


def seal(bank: Bank, *, amount: str | None) -> None:
    entries = "INSERT INTO ledger_entry SELECT 'txn_bad', line, account, currency, {}, 0 FROM ledger_entry"
    of_one = " WHERE line < 2 AND txn IN (SELECT id FROM ledger_txn WHERE kind = 'top_up')"
    with bank.db.unit() as session:
        if amount:
            session.execute(text(entries.format(amount) + of_one))
        session.execute(text("INSERT INTO ledger_txn VALUES ('txn_bad', 'test', 'bad', '', 'test', 0, NULL)"))


def test_nothing_is_added_to_a_sealed_transaction(bank: Bank) -> None:
    columns = "txn, line + 10, account, currency, amount_atoms, booked_at"
    assert "ledger_txn is sealed" in refused(bank, f"INSERT INTO ledger_entry SELECT {columns} FROM ledger_entry")


def test_entries_without_a_transaction_do_not_commit(bank: Bank) -> None:
    orphan = (
        "INSERT INTO ledger_entry SELECT 'txn_orphan', line, account, currency, amount_atoms, booked_at"
        " FROM ledger_entry WHERE txn IN (SELECT id FROM ledger_txn WHERE kind = 'top_up')"
    )
    assert "foreign key" in refused(bank, orphan).lower()


def test_a_resolved_hold_stays_as_it_is_and_no_hold_is_deleted(bank: Bank) -> None:
    assert "hold is resolved" in refused(bank, "UPDATE hold SET state = 'open'")
    assert "hold is" in refused(bank, "DELETE FROM hold")


@pytest.mark.parametrize("change", ["held_atoms = posted_atoms + 1", "posted_atoms = -1", "held_atoms = -1"])
def test_a_wallet_always_covers_what_it_holds(bank: Bank, change: str) -> None:
    assert "covers_holds" in refused(bank, f"UPDATE wallet SET {change}")
