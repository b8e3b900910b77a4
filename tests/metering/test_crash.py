"""kill -9 at any moment: what was acknowledged is there exactly once, and no hold stays open.

litellm #38157, #34805, #33872 kept spend in memory and lost it; nothing here is acknowledged before it is durable.
"""

import random
import subprocess
import sys
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.infra import Infra, SystemClock
from modelyard.ledger import AccountKind
from tests.metering.bank import Bank, cny

CHILD = Path(__file__).with_name("crash_child.py")
ROOT = Path(__file__).parents[2]


def killed_in_mid_work(url: str, price: str, after: int) -> Iterator[str]:
    """Yield each request that the child acknowledged before it was killed, somewhere past `after` of them."""
    command = [sys.executable, "-m", "tests.metering.crash_child", url, price]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        for number, line in enumerate(child.stdout):
            if number == after:
                threading.Timer(random.random() / 20, child.kill).start()
            if line.endswith("\n"):
                yield line.strip()


def crash(infra: Infra, rounds: int) -> None:
    bank = Bank(infra.db, infra.writer, SystemClock())
    price = bank.price("0.005", "0.0051", 1999)
    bank.top_up("1000000")
    acknowledged: Tally[str] = Tally()
    for _ in range(rounds):
        acknowledged.update(killed_in_mid_work(infra.db.url, price.id, random.randrange(500)))
        keeper = bank.keeper()
        keeper.start()
        keeper.stop()
        check(bank, acknowledged)
    assert len(acknowledged) > rounds


def check(bank: Bank, acknowledged: Tally[str]) -> None:
    with bank.db.reader() as session:
        connection = session.connection()
        events = Tally(connection.exec_driver_sql("SELECT id FROM usage_event").scalars())
        still_open = connection.exec_driver_sql("SELECT count(*) FROM hold WHERE state = 'open'").scalar_one()
        intact = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    assert set(acknowledged.values()) == {1}
    assert set(events.values()) == {1}
    assert acknowledged.keys() <= events.keys()
    assert (still_open, bank.wallet().held, intact) == (0, cny("0"), "ok")
    assert bank.owed(AccountKind.CUSTOMER_WALLET, "acc_customer") == bank.wallet().posted
    assert bank.verified().findings == ()


def test_five_kills_lose_and_double_nothing(sqlite_infra: Infra) -> None:
    crash(sqlite_infra, rounds=5)


@pytest.mark.soak
@pytest.mark.parametrize("ten", range(20))
def test_two_hundred_kills_lose_and_double_nothing(sqlite_infra: Infra, ten: int) -> None:
    crash(sqlite_infra, rounds=10)
