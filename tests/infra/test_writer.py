import asyncio
from concurrent.futures import wait

import pytest

from modelyard.infra import Infra, Statements
from modelyard.infra.writer import WriterClosed

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
