"""One small bank for the tests of money: a customer, a publisher, a product, and the real parts around them."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from modelyard import ledger, metering, pricing
from modelyard.accounts import Actor
from modelyard.infra import Database, Infra, Writer, epoch, mint, to_micros
from modelyard.kernel import CURRENCIES, AccountId, Clock, DeploymentId, Money
from modelyard.ledger import AccountKind, Balance, Draft, LedgerAccount, Report, credit, debit
from modelyard.metering import Ask, Counter, Hold, Keeper, ProcessId, Receipt, RequestId, Usage, store
from modelyard.pricing import PriceVersion, Product, Terms, token_price

T = TypeVar("T")
CNY = CURRENCIES["CNY"]
CUSTOMER, PUBLISHER = AccountId("acc_customer"), AccountId("acc_publisher")
PRODUCT = DeploymentId("dep_product")
BOUND = Usage(100, 100)
SYSTEM = Actor.system("test")


def cny(text: str) -> Money:
    return Money.parse(text, CNY)


class Bank:
    """The verbs of money with what a test does not care about filled in; coroutines are run to their end."""

    def __init__(self, db: Database, writer: Writer, clock: Clock, process: str = "boot_1") -> None:
        self.db = db
        self.writer = writer
        self.clock = clock
        self.customer, self.publisher = CUSTOMER, PUBLISHER
        self.process = ProcessId(process)
        self.counter = Counter(writer, clock, self.process, hold_for=timedelta(minutes=15))

    @classmethod
    def of(cls, infra: Infra) -> "Bank":
        return cls(infra.db, infra.writer, infra.clock)

    def price(self, prompt: str = "0.005", completion: str = "0.005", share_bp: int = 2000) -> PriceVersion:
        """Set the price of 1,000 tokens."""
        terms = Terms(token_price(cny(prompt), cny(completion), per=1000), share_bp)
        with self.db.unit() as session:
            return pricing.set_price(
                session, actor=SYSTEM, product=Product(PRODUCT, self.publisher), terms=terms, clock=self.clock
            )

    def top_up(self, amount: str, account: AccountId | None = None) -> None:
        """Book prepaid credit."""
        money = cny(amount)
        wallet = LedgerAccount(AccountKind.CUSTOMER_WALLET, CNY, account or self.customer)
        clearing = LedgerAccount(AccountKind.PROCESSOR_CLEARING, CNY)
        key = mint("key", self.clock)
        with self.db.unit() as session:
            sides = (debit(clearing, money), credit(wallet, money))
            ledger.post(session, Draft("top_up", key, "top_up", sides), clock=self.clock)

    def epoch(self) -> int:
        with self.db.reader() as session:
            return epoch.current(session)

    def ask(self, price: PriceVersion | None, bound: Usage = BOUND, request: str = "") -> Ask:
        name = RequestId(request or mint("req", self.clock))
        return Ask(name, self.customer, self.publisher, PRODUCT, price, bound, self.epoch())

    def reserve(self, ask: Ask) -> Hold:
        return self.run(self.counter.reserve(ask))

    def settle(self, hold: Hold, usage: Usage) -> Receipt:
        return self.run(self.counter.settle(hold, usage))

    def void(self, hold: Hold) -> None:
        self.run(self.counter.void(hold))

    def checkpoint(self, hold: Hold, usage: Usage) -> None:
        self.run(self.counter.checkpoint(hold, usage))

    def wallet(self) -> Balance:
        with self.db.reader() as session:
            balance = ledger.wallet(session, self.customer, CNY)
        assert balance is not None
        return balance

    def owed(self, kind: AccountKind, owner: str = "") -> Money:
        """Return what a liability or revenue account has been credited."""
        with self.db.reader() as session:
            return Money(-ledger.balance_atoms(session, LedgerAccount(kind, CNY, owner).id), CNY)

    def count(self, table: str) -> int:
        with self.db.reader() as session:
            return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())

    def keeper(self) -> Keeper:
        return Keeper(self.writer, self.clock, alone=self.db.is_sqlite)

    def silence(self, span: timedelta) -> None:
        """Make it so that nobody has been heard for so long."""
        micros = span // timedelta(microseconds=1)
        with self.db.unit() as session:
            session.connection().exec_driver_sql(f"UPDATE process_lease SET beat_at = beat_at - {micros}")

    def overdue(self) -> list[tuple[Hold, Usage | None]]:
        now = to_micros(self.clock.now())
        return self.writer.submit(lambda statements: store.overdue(statements, self.process, now, 10)).result()

    def verified(self) -> Report:
        with self.db.reader() as session:
            return ledger.verify(session, (*ledger.CHECKS, *metering.CHECKS), now=self.clock.now())

    @staticmethod
    def run(act: Coroutine[object, object, T]) -> T:
        return asyncio.run(_awaited(act))


async def _awaited(act: Coroutine[object, object, T]) -> T:
    return await act


def together(*acts: Callable[[], None]) -> None:
    """Run each act in a thread of its own, and raise what the first one that failed raised."""
    with ThreadPoolExecutor(len(acts)) as pool:
        for future in [pool.submit(act) for act in acts]:
            future.result()
