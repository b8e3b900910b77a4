"""What the operator's numbers say of holds and books."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from modelyard.infra.telemetry import Metrics
from modelyard.kernel import ManualClock
from modelyard.metering import Books, Keeper, watch
from tests.metering.bank import Bank


@pytest.fixture
def watched(bank: Bank) -> tuple[Metrics, Keeper, Books]:
    """The numbers of a bank with a keeper whose lease is that of the counter."""
    metrics, keeper, books = Metrics(), bank.keeper(), Books(bank.db, bank.clock)
    keeper.process = bank.process
    keeper.beat()
    watch(metrics, bank.db, keeper, books)
    return metrics, keeper, books


def test_open_and_swept_holds_are_counted(
    bank: Bank, watched: tuple[Metrics, Keeper, Books], clock: ManualClock
) -> None:
    metrics, keeper, _books = watched
    bank.reserve(bank.ask(None))
    assert b"modelyard_holds_open 1.0" in metrics.text()
    clock.advance(timedelta(minutes=20))
    keeper.beat()
    keeper.sweep()
    assert b"modelyard_holds_open 0.0" in metrics.text()
    assert b'modelyard_holds_swept{outcome="expired"} 1.0' in metrics.text()


def test_a_broken_promise_is_shown_until_it_is_mended(bank: Bank, watched: tuple[Metrics, Keeper, Books]) -> None:
    metrics, _keeper, books = watched
    bank.top_up("1")
    assert b"modelyard_ledger_findings{" not in metrics.text()
    for change, found in (("+ 1", b"1.0"), ("- 1", b"0.0")):
        with bank.db.unit() as session:
            session.execute(text(f"UPDATE wallet SET posted_atoms = posted_atoms {change}"))
        books.verify()
        assert b'modelyard_ledger_findings{check="wallet_posted"} ' + found in metrics.text()
