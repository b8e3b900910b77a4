"""Attacks on the counter that once worked: stale snapshots without end, one key on two servers, overflowing wallets."""

import shutil
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.infra import Database, Statements, Writer, epoch
from modelyard.kernel import AccountId, ManualClock
from modelyard.metering import Ask, HoldElsewhere, HoldResolved, Usage
from modelyard.metering.reservation import Reservation
from modelyard.metering.settlement import Settlement
from tests.metering.bank import Bank, cny, together

TABLES = ("hold", "wallet", "usage_event", "ledger_account", "ledger_entry", "ledger_txn")


def test_whoever_moves_the_epoch_without_end_cannot_keep_a_request_from_its_hold(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    done = False

    def move_the_epoch() -> None:
        while not done:
            with bank.db.unit() as session:
                epoch.bump(session)

    def reserve() -> None:
        nonlocal done
        try:
            for _ in range(10):
                bank.run(bank.counter.reserve_fresh(lambda: bank.ask(price)))
        finally:
            done = True

    together(move_the_epoch, reserve)
    assert bank.wallet().held == cny("0.01")


def test_a_request_that_lost_its_right_is_not_held_by_drawing_it_up_anew(bank: Bank) -> None:
    def draw() -> Ask:
        raise HoldResolved(request="req", state="revoked")

    with pytest.raises(HoldResolved):
        bank.run(bank.counter.reserve_fresh(draw))
    assert bank.count("hold") == 0


def test_one_idempotency_key_on_two_servers_is_answered_once(bank: Bank) -> None:
    ask = bank.ask(bank.price())
    bank.top_up("1")
    ask = replace(ask, epoch=bank.epoch())
    hold = bank.reserve(ask)
    other = Bank(bank.db, bank.writer, bank.clock, "boot_2")
    with pytest.raises(HoldElsewhere):
        other.reserve(ask)
    assert bank.reserve(ask).request == hold.request
    bank.settle(hold, Usage(1, 1))
    assert bank.verified().ok


def test_a_try_that_came_to_nothing_stands_in_the_way_of_no_other(bank: Bank) -> None:
    ask = bank.ask(None)
    bank.void(bank.reserve(ask))
    with pytest.raises(HoldResolved) as refused:
        bank.reserve(replace(ask, bound=Usage(1, 1)))
    assert refused.value.data["state"] == "voided"


def test_many_accounts_do_not_make_the_counter_grow_without_end(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.metering.counter._MOST_OPENED", 3)
    price = bank.price()
    for n in range(4):
        bank.customer = AccountId(f"acc_{n}")
        bank.top_up("1")
        bank.settle(bank.reserve(bank.ask(price)), Usage(1, 1))
    assert len(bank.counter._opened) <= 6
    assert bank.verified().ok


counts = st.builds(Usage, st.integers(0, 60), st.integers(0, 60))
requests = st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), counts, counts), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=requests, credit=st.sampled_from(["0.001", "1"]))
def test_works_that_are_done_together_and_one_by_one_leave_equal_databases(
    sqlite_template: Path, wanted: list[tuple[str, bool, Usage, Usage]], credit: str
) -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("together.db", "alone.db")]
        shutil.copy(sqlite_template, paths[0])
        works = _prepared(paths[0], wanted, credit)
        shutil.copy(paths[0], paths[1])
        left = [_left(path, *works, jointly=path is paths[0]) for path in paths]
    assert left[0] == left[1]


def _prepared(
    path: Path, wanted: list[tuple[str, bool, Usage, Usage]], credit: str
) -> tuple[list[Reservation], list[Settlement]]:
    db, clock = Database(f"sqlite+pysqlite:///{path}"), ManualClock()
    bank = Bank(db, Writer(db), clock)
    price = bank.price()
    for name in "ab":
        bank.top_up(credit, AccountId(f"acc_{name}"))
    reservations, settlements = [], []
    for name, priced, bound, usage in wanted:
        ask = replace(bank.ask(price if priced else None, bound), account=AccountId(f"acc_{name}"))
        reservation = Reservation(ask, bank.process, clock.now(), bank.counter._hold_for)
        reservations.append(reservation)
        settlements.append(Settlement(reservation.hold, usage, clock))
    bank.writer.close()
    db.close()
    return reservations, settlements


def _left(
    path: Path, reservations: list[Reservation], settlements: list[Settlement], *, jointly: bool
) -> tuple[list[str], dict[str, list[str]]]:
    """Do the works on a database, and return how each ended and what the tables hold."""
    db = Database(f"sqlite+pysqlite:///{path}")
    writer = Writer(db)
    ends = _in_batches(writer, reservations, settlements) if jointly else _in_turn(writer, reservations, settlements)
    writer.close()
    with db.reader() as session:
        rows = {
            table: sorted(map(str, session.connection().exec_driver_sql(f"SELECT * FROM {table}"))) for table in TABLES
        }
    db.close()
    return ends, rows


def _in_turn(writer: Writer, *kinds: Iterable[Reservation | Settlement]) -> list[str]:
    return [_end(writer.submit(work)) for works in kinds for work in works]


def _in_batches(writer: Writer, *kinds: Iterable[Reservation | Settlement]) -> list[str]:
    ends = []
    for works in kinds:
        gathered = Event()
        writer.submit(partial(_wait, gathered))
        futures = [writer.submit(work) for work in works]
        gathered.set()
        ends += [_end(future) for future in futures]
    return ends


def _wait(gathered: Event, _: Statements) -> None:
    gathered.wait(10)


def _end(future: Future[Any]) -> str:
    error = future.exception(timeout=30)
    return "done" if error is None else type(error).__name__
