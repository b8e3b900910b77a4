"""Durable metering alone: a hold and its settlement, on SQLite with synchronous=FULL, beside what the disk allows.

Two commits a request are two fdatasyncs at concurrency 1, and a share of two under load. Each row is one run; the
fdatasyncs are timed before and after it, in the same folder.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop
from common import ROOT, fdatasync_ms, heading

from modelyard import ledger, metering, pricing
from modelyard.accounts import Actor
from modelyard.infra import Database, SystemClock, Writer, epoch, migrate, mint
from modelyard.kernel import CURRENCIES, AccountId, DeploymentId, Money
from modelyard.ledger import AccountKind, Draft, LedgerAccount
from modelyard.metering import Ask, Counter, Keeper, RequestId, Usage
from modelyard.pricing import PriceVersion, Product, Terms

CNY = CURRENCIES["CNY"]
CUSTOMERS = [AccountId(f"acc_customer_{n}") for n in range(20)]
PUBLISHER, PRODUCT = AccountId("acc_publisher"), DeploymentId("dep_product")
RUNS = ((1, 600), (16, 6_000), (64, 20_000))


@dataclass
class Bank:
    """A counter with customers who never run out."""

    db: Database
    clock: SystemClock
    counter: Counter
    price: PriceVersion
    epoch: int

    async def request(self, customer: AccountId) -> None:
        """Hold and settle one request."""
        request = RequestId(mint("req", self.clock))
        ask = Ask(request, customer, PUBLISHER, PRODUCT, self.price, Usage(400, 256), self.epoch)
        hold = await self.counter.reserve(ask)
        await self.counter.settle(hold, Usage(100, 120))


def main() -> int:
    """Measure, verify the books, print, and return 1 when they do not add up."""
    heading("Metering: a durable hold and its settlement")
    print(
        "| concurrency | requests a second | p50 ms | p99 ms | CPU ms a request | two fdatasyncs ms | p50 beyond them |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=ROOT / "var" if (ROOT / "var").is_dir() else None) as folder:
        db = Database(f"sqlite+pysqlite:///{folder}/modelyard.db")
        migrate.upgrade(db)
        writer, clock = Writer(db), SystemClock()
        keeper = Keeper(writer, clock, alone=True)
        keeper.start()
        bank = furnish(db, clock, Counter(writer, clock, keeper.process))
        for concurrency, requests in RUNS:
            print(row(bank, Path(folder), concurrency, requests), flush=True)
        keeper.stop()
        writer.close()
        with db.reader() as session:
            started = time.perf_counter()
            report = ledger.verify(session, (*ledger.CHECKS, *metering.CHECKS), now=clock.now())
            took = time.perf_counter() - started
        print(f"ledger verify: {report.entries} entries in {took:.2f} s, {len(report.findings)} findings")
        db.close()
    return 0 if report.ok else 1


def furnish(db: Database, clock: SystemClock, counter: Counter) -> Bank:
    """Set a price and give every customer credit."""
    actor, cost = Actor.system("benchmark"), Money.parse("0.005", CNY)
    terms, credit = Terms(pricing.token_price(cost, cost, per=1000), 2000), Money.parse("1000000", CNY)
    clearing = LedgerAccount(AccountKind.PROCESSOR_CLEARING, CNY)
    with db.unit() as session:
        price = pricing.set_price(session, actor=actor, product=Product(PRODUCT, PUBLISHER), terms=terms, clock=clock)
        for customer in CUSTOMERS:
            wallet = LedgerAccount(AccountKind.CUSTOMER_WALLET, CNY, customer)
            sides = (ledger.debit(clearing, credit), ledger.credit(wallet, credit))
            ledger.post(session, Draft("benchmark", customer, "top_up", sides), clock=clock)
    with db.reader() as session:
        return Bank(db, clock, counter, price, epoch.current(session))


def row(bank: Bank, folder: Path, concurrency: int, requests: int) -> str:
    """Return one measured row."""
    before = fdatasync_ms(folder)
    cpu, started = cpu_seconds(), time.perf_counter()
    times = uvloop.run(load(bank, concurrency, requests))
    took, cpu = time.perf_counter() - started, cpu_seconds() - cpu
    disk = before + fdatasync_ms(folder)
    half, last = times[len(times) // 2], times[len(times) * 99 // 100]
    rate, burned = requests / took, cpu / requests * 1000
    return (
        f"| {concurrency} | {rate:,.0f} | {half:.2f} | {last:.2f} | {burned:.3f} | {disk:.2f} | {half - disk:+.2f} ms,"
        f" {half / disk:.2f} times |"
    )


async def load(bank: Bank, concurrency: int, requests: int) -> list[float]:
    """Send requests by so many callers at once; return their times in milliseconds, sorted."""
    times: list[float] = []
    tickets = iter(range(requests))

    async def caller(tickets: Iterator[int]) -> None:
        for ticket in tickets:
            started = time.perf_counter()
            await bank.request(CUSTOMERS[ticket % len(CUSTOMERS)])
            times.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(caller(tickets) for _ in range(concurrency)))
    return sorted(times)


def cpu_seconds() -> float:
    """Return the CPU that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
