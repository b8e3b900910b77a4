"""The bank as a state machine: whatever happens, in whatever order, the invariants hold after each step."""

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from modelyard.infra import Database, Writer
from modelyard.kernel import ManualClock, Money
from modelyard.metering import CreditExhausted, Hold, HoldResolved, NoWallet, StaleEpoch, Usage, UsageConflict
from modelyard.pricing import PriceVersion
from tests.metering.bank import Bank, cny

counts = st.integers(0, 300)


class Machine(RuleBasedStateMachine):
    """Drives the real counter, keeper and ledger, and a model of a few numbers beside them."""

    template: Path
    holds = Bundle("holds")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        shutil.copy(self.template, self.folder / "modelyard.db")
        self.db = Database(f"sqlite+pysqlite:///{self.folder}/modelyard.db")
        self.clock = ManualClock()
        self.boots = 0
        self.price: PriceVersion | None = None
        self.paid_in = 0
        self.open_holds: dict[str, int] = {}
        self.charged: dict[str, int] = {}
        self._boot()

    def _boot(self) -> None:
        self.boots += 1
        self.bank = Bank(self.db, Writer(self.db), self.clock, f"boot_{self.boots}")
        self.keeper = self.bank.keeper()
        self.keeper.process = self.bank.process
        self.keeper.beat()

    @rule(amount=st.sampled_from(["0.000001", "0.0005", "0.01"]))
    def top_up(self, amount: str) -> None:
        self.bank.top_up(amount)
        self.paid_in += cny(amount).atoms

    @rule(prompt=st.sampled_from(["0", "0.001", "0.005"]), completion=st.sampled_from(["0.002", "0.0307"]))
    def change_price(self, prompt: str, completion: str) -> None:
        self.price = self.bank.price(prompt, completion, 1999)

    @rule(target=holds, bound=st.builds(Usage, counts, counts), stale=st.booleans())
    def hold(self, bound: Usage, stale: bool) -> Hold | None:
        ask = self.bank.ask(self.price, bound)
        if stale:
            self.bank.price("0.9", "0.9")
            self.price = self.bank.price()
            with pytest.raises(StaleEpoch):
                self.bank.reserve(ask)
            return None
        needed = 0 if self.price is None else _amount(self.price, bound)
        try:
            hold = self.bank.reserve(ask)
        except (CreditExhausted, NoWallet):
            assert needed > self._available()
            return None
        assert needed <= self._available()
        self.open_holds[hold.request] = needed
        return hold

    @rule(hold=holds, usage=st.builds(Usage, counts, counts))
    def settle(self, hold: Hold | None, usage: Usage) -> None:
        if hold is None:
            return
        was_open = hold.request in self.open_holds
        with suppress(HoldResolved, UsageConflict):
            self.bank.settle(hold, usage)
            if was_open:
                held = self.open_holds.pop(hold.request)
                rated = 0 if hold.ask.price is None else _amount(hold.ask.price, usage)
                self.charged[hold.request] = min(held, rated)
        assert hold.request not in self.open_holds

    @rule(hold=holds)
    def void(self, hold: Hold | None) -> None:
        if hold is None:
            return
        with suppress(HoldResolved):
            self.bank.void(hold)
        self.open_holds.pop(hold.request, None)

    @rule(hold=holds, usage=st.builds(Usage, counts, counts))
    def checkpoint(self, hold: Hold | None, usage: Usage) -> None:
        if hold is None:
            return
        with suppress(HoldResolved):
            self.bank.checkpoint(hold, usage)
            assert hold.request in self.open_holds

    @rule(minutes=st.integers(0, 20))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.keeper.beat()
        self.keeper.sweep()
        self._learn_what_was_swept()

    @rule()
    def crash_and_restart(self) -> None:
        self.bank.writer.close()
        self.clock.advance(timedelta(minutes=2))
        self._boot()
        self.keeper.sweep()
        self._learn_what_was_swept()
        assert not self.open_holds

    def _learn_what_was_swept(self) -> None:
        with self.db.reader() as session:
            rows = session.connection().exec_driver_sql(
                "SELECT h.request, h.state, coalesce(u.charged_atoms, 0) FROM hold h"
                " LEFT JOIN usage_event u ON u.id = h.request WHERE h.state <> 'open'"
            )
            for request, state, charged in rows:
                held = self.open_holds.pop(request, None)
                if held is not None:
                    assert 0 <= charged <= held
                    assert state in ("settled", "expired")
                    self.charged[request] = charged

    def _available(self) -> int:
        return self.paid_in - sum(self.charged.values()) - sum(self.open_holds.values())

    @invariant()
    def the_books_verify(self) -> None:
        assert self.bank.verified().findings == ()

    @invariant()
    def the_wallet_is_what_the_model_says(self) -> None:
        if not self.paid_in:
            return
        wallet = self.bank.wallet()
        assert wallet.posted.atoms == self.paid_in - sum(self.charged.values())
        assert wallet.held.atoms == sum(self.open_holds.values())

    def teardown(self) -> None:
        if hasattr(self, "bank"):
            self.bank.writer.close()
            self.db.close()
            shutil.rmtree(self.folder)


def _amount(price: PriceVersion, usage: Usage) -> int:
    prompt, completion = (each.atoms for each in price.price.rates)
    return Money(prompt * usage.prompt_tokens + completion * usage.completion_tokens, price.price.currency).atoms


def test_the_bank_keeps_its_invariants(sqlite_template: Path) -> None:
    Machine.template = sqlite_template
    _run(examples=60)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(5))
def test_the_bank_keeps_its_invariants_for_long(sqlite_template: Path, part: int) -> None:
    Machine.template = sqlite_template
    _run(examples=200)


def _run(examples: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis leaves it untyped
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
