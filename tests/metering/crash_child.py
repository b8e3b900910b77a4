"""A process to be killed: it holds and settles as fast as it can, and names each request once it is acknowledged.

python crash_child.py URL PRICE_ID    # a line for each settled request, until it dies
"""

import asyncio
import random
import sys
from itertools import count

from modelyard import pricing
from modelyard.infra import Database, SystemClock, Writer
from modelyard.infra.sql import over
from modelyard.kernel import PriceId
from modelyard.metering import Counter, Usage
from modelyard.pricing import PriceVersion
from tests.metering.bank import Bank

CALLERS = 16


async def call(bank: Bank, counter: Counter, price: PriceVersion) -> None:
    for turn in count():
        hold = await counter.reserve(bank.ask(price, Usage(50, 50)))
        if turn % 3 == 0:
            await counter.checkpoint(hold, Usage(50, 5))
        if turn % 5 == 0:
            await counter.void(hold)
            continue
        await counter.settle(hold, Usage(50, random.randrange(60)))
        sys.stdout.write(f"{hold.request}\n")
        sys.stdout.flush()


async def main(url: str, price_id: str) -> None:
    db, clock = Database(url), SystemClock()
    writer = Writer(db)
    bank = Bank(db, writer, clock)
    keeper = bank.keeper()
    keeper.start()
    with db.reader() as session:
        price = pricing.find(over(session), PriceId(price_id))
    assert price is not None
    counter = Counter(writer, clock, keeper.process)
    await asyncio.gather(*(call(bank, counter, price) for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
