"""Each check finds the fault that it is there to find: with the triggers off, one fault is seeded for each."""

import pytest
from sqlalchemy import text

from modelyard import ledger, metering
from modelyard.infra import Infra
from modelyard.metering import Usage
from tests.metering.bank import Bank

FAULTS = {
    "balanced": "UPDATE ledger_entry SET amount_atoms = amount_atoms + 1 WHERE account LIKE 'processor_clearing:CNY'",
    "two_sided": "INSERT INTO ledger_txn VALUES ('txn_x', 'x', 'x', 'x', 'x', 0, NULL)",
    "sealed": "UPDATE ledger_entry SET booked_at = 1 WHERE line = 0",
    "currency": "UPDATE ledger_entry SET currency = 'USD'",
    "wallet_posted": "UPDATE wallet SET posted_atoms = posted_atoms + 1",
    "reversal": "UPDATE ledger_txn SET kind = 'reversal', reverses = id WHERE kind = 'top_up'",
    "wallet_held": "UPDATE wallet SET held_atoms = held_atoms + 1",
    "settled_once": "DELETE FROM usage_event",
    "event_held": "UPDATE hold SET state = 'voided' WHERE state = 'settled'",
    "event_rated": "UPDATE usage_event SET completion_tokens = completion_tokens + 1",
    "customer_paid": "UPDATE usage_event SET charged_atoms = charged_atoms - 1",
    "seller_paid": "UPDATE usage_event SET seller = 'acc_thief'",
    "platform_paid": "UPDATE usage_event SET platform_atoms = platform_atoms + 1",
    "posting_used": "DELETE FROM usage_event",
    "hold_resolved": "UPDATE hold SET expires_at = 0 WHERE state = 'open'",
}


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank with one settled request and one open hold, whose triggers and foreign keys are off."""
    bank = Bank.of(infra)
    price = bank.price()
    bank.top_up("1")
    bank.settle(bank.reserve(bank.ask(price)), Usage(3, 4))
    bank.reserve(bank.ask(price))
    return bank


def disarm(bank: Bank) -> None:
    with bank.db.unit() as session:
        if bank.db.is_sqlite:
            triggers = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in triggers:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("price_version", "ledger_account", "ledger_txn", "ledger_entry", "usage_event", "hold"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_sound_books_verify(bank: Bank) -> None:
    report = bank.verified()
    assert (report.ok, report.transactions, report.entries) == (True, 2, 5)


@pytest.mark.parametrize("check", FAULTS)
def test_a_seeded_fault_is_found(bank: Bank, check: str) -> None:
    disarm(bank)
    with bank.db.unit() as session:
        session.execute(text(FAULTS[check]))
    assert check in {finding.check for finding in bank.verified().findings}


def test_every_check_has_its_seeded_fault() -> None:
    assert set(FAULTS) == {check.name for check in (*ledger.CHECKS, *metering.CHECKS)}
