import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, wait
from threading import Event
from typing import Any

import pytest

from modelyard.infra import Infra, Statements, Writer
from modelyard.infra.writer import NotTogether, Work, WriterClosed

BUMP = "UPDATE epoch SET value = value + ? WHERE id = 1"
READ = "SELECT value FROM epoch WHERE id = 1"


def bump_and_read(statements: Statements) -> int:
    assert statements.execute(BUMP, (1,)) == 1
    row = statements.one(READ)
    assert row is not None
    return int(row[0])


def fail_after_writing(statements: Statements) -> None:
    statements.execute(BUMP, (1000,))
    raise ValueError("bad item")


def break_a_constraint(statements: Statements) -> None:
    statements.execute("INSERT INTO epoch (id, value) VALUES (?, ?)", (1, 1))


def test_each_work_sees_what_came_before_it(infra: Infra) -> None:
    futures = [infra.writer.submit(bump_and_read) for _ in range(100)]
    wait(futures, timeout=30)
    assert sorted(future.result() for future in futures) == list(range(2, 102))


def test_a_bad_item_fails_alone_and_leaves_nothing(infra: Infra) -> None:
    works = [bump_and_read, fail_after_writing, break_a_constraint, bump_and_read]
    futures = [infra.writer.submit(work) for work in works]
    wait(futures, timeout=30)
    assert futures[0].result() == 2
    assert futures[3].result() == 3
    assert isinstance(futures[1].exception(), ValueError)
    assert futures[2].exception() is not None
    with infra.db.reader() as session:
        assert session.connection().exec_driver_sql(READ).scalar_one() == 3


def test_the_event_loop_awaits_a_durable_result(infra: Infra) -> None:
    async def many() -> list[int]:
        return await asyncio.gather(*(infra.writer.run(bump_and_read) for _ in range(50)))

    assert sorted(asyncio.run(many())) == list(range(2, 52))


def test_a_caller_that_goes_away_does_not_undo_its_work(infra: Infra) -> None:
    async def leave() -> None:
        task = asyncio.create_task(infra.writer.run(bump_and_read))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert infra.writer.submit(bump_and_read).result(timeout=10) == 3


def test_a_lost_connection_fails_the_batch_and_the_next_one_works(infra: Infra) -> None:
    def cut(statements: Statements) -> None:
        statements._cursor.connection.close()

    assert infra.writer.submit(cut).exception(timeout=10) is not None
    assert infra.writer.submit(bump_and_read).result(timeout=10) == 2


def test_a_closed_writer_finishes_what_waits_and_refuses_more(infra: Infra) -> None:
    futures = [infra.writer.submit(bump_and_read) for _ in range(20)]
    infra.writer.close()
    assert [future.result(timeout=1) for future in futures] == list(range(2, 22))
    assert not infra.writer.alive
    with pytest.raises(WriterClosed):
        infra.writer.submit(bump_and_read)


def test_works_and_units_take_turns(infra: Infra) -> None:
    futures = []
    for _ in range(30):
        futures.append(infra.writer.submit(bump_and_read))
        with infra.db.unit() as session:
            session.connection().exec_driver_sql("UPDATE epoch SET value = value + 1 WHERE id = 1")
    wait(futures, timeout=30)
    with infra.db.reader() as session:
        assert session.connection().exec_driver_sql(READ).scalar_one() == 61


class Add:
    """Adds to the epoch; works of this class are done by one statement, unless one of them is odd."""

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.alone = False

    def __call__(self, statements: Statements) -> str:
        self.alone = True
        if self.amount < 0:
            raise ValueError("odd")
        statements.execute(BUMP, (self.amount,))
        return f"alone {self.amount}"

    @classmethod
    def together(cls, statements: Statements, works: Sequence["Add"]) -> list[str]:
        statements.execute(BUMP, (sum(work.amount for work in works),))
        if any(work.amount < 0 for work in works):
            raise NotTogether
        return [f"together {work.amount}" for work in works]


def test_works_of_a_class_are_done_together_when_they_are_plain(infra: Infra) -> None:
    results = in_one_batch(infra, [Add(1), Add(2), bump_and_read, Add(3)])
    assert [future.result() for future in results if future.exception() is None][:2] == ["together 1", "together 2"]
    assert infra.writer.submit(bump_and_read).result(timeout=10) == 1 + 6 + 1 + 1


def test_one_odd_work_sends_each_its_own_way_and_fails_alone(infra: Infra) -> None:
    one, odd, other = in_one_batch(infra, [Add(1), Add(-1), Add(2)])
    assert (one.result(), other.result()) == ("alone 1", "alone 2")
    assert isinstance(odd.exception(), ValueError)
    assert infra.writer.submit(bump_and_read).result(timeout=10) == 1 + 3 + 1


def in_one_batch(infra: Infra, works: Sequence[Work[Any]]) -> list["Future[Any]"]:
    """Submit works while the writer is held up, so that they meet in one batch."""
    go_on, waiting = Event(), Event()

    def hold_up(_statements: Statements) -> None:
        waiting.set()
        assert go_on.wait(30)

    first = infra.writer.submit(hold_up)
    assert waiting.wait(30)
    futures = [infra.writer.submit(work) for work in works]
    go_on.set()
    wait([first, *futures], timeout=30)
    return futures


def test_a_batch_that_lost_a_deadlock_is_done_again(infra: Infra) -> None:
    tries = []

    class Deadlock(Exception):
        sqlstate = "40P01"

    def unlucky_once(statements: Statements) -> int:
        tries.append(1)
        result = bump_and_read(statements)
        if len(tries) == 1:
            raise Deadlock
        return result

    assert infra.writer.submit(unlucky_once).result(timeout=10) == 2
    assert len(tries) == 2


def test_one_who_only_looks_on_cannot_stop_all_writing(infra: Infra) -> None:
    def stumble(_items: int, _seconds: float) -> None:
        raise ValueError("no room for another number")

    writer = Writer(infra.db, observer=stumble)
    try:
        assert [writer.submit(bump_and_read).result(10) for _ in range(3)] == [2, 3, 4]
        assert writer.alive
    finally:
        writer.close()


def test_a_loop_that_closes_before_its_result_comes_does_not_stop_all_writing(infra: Infra) -> None:
    begun, go_on = Event(), Event()

    def slowly(statements: Statements) -> int:
        begun.set()
        go_on.wait(10)
        return bump_and_read(statements)

    async def leave() -> None:
        task = asyncio.create_task(infra.writer.run(slowly))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()

    asyncio.run(leave())
    go_on.set()
    assert infra.writer.submit(bump_and_read).result(10) == 3
