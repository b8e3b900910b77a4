import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from modelyard.infra import Base, Database, Infra, epoch, migrate


def test_a_unit_commits_at_its_end_and_rolls_back_when_it_raises(database: Database) -> None:
    with database.unit() as session:
        before = epoch.current(session)
        epoch.bump(session)
    with pytest.raises(RuntimeError, match="stop"):
        bump_then_fail(database)
    with database.reader() as session:
        assert epoch.current(session) == before + 1


def bump_then_fail(database: Database) -> None:
    with database.unit() as session:
        epoch.bump(session)
        raise RuntimeError("stop")


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    with database.reader() as session:
        before = epoch.current(session)
        with database.unit() as other:
            epoch.bump(other)
        session.expire_all()
        assert session.execute(select(epoch.EpochRow.value)).scalar_one() == before


def test_a_unit_inside_a_unit_is_refused_rather_than_deadlocked(database: Database) -> None:
    with database.unit(), pytest.raises(RuntimeError, match="inside another"), database.unit():
        pass


def test_many_threads_bump_without_a_lost_update(database: Database) -> None:
    def bump_often() -> None:
        for _ in range(20):
            with database.unit() as session:
                epoch.bump(session)

    threads = [threading.Thread(target=bump_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reader() as session:
        assert epoch.current(session) == 1 + 8 * 20


def test_the_epoch_is_a_single_row(database: Database) -> None:
    with pytest.raises(DBAPIError), database.unit() as session:
        session.execute(text("INSERT INTO epoch (id, value) VALUES (2, 1)"))


def test_the_models_are_what_the_migrations_make(database: Database) -> None:
    """Compare every table and column of the models with the migrated schema."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    import modelyard.app  # noqa: F401 - imports every room, so that every table is known

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_migrated_database_is_at_the_head_and_upgrading_again_changes_nothing(database: Database) -> None:
    assert migrate.current(database) == migrate.head()
    migrate.upgrade(database)
    assert migrate.current(database) == migrate.head()


def test_the_names_of_the_files_are_the_stream_of_migrations() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(migrate.__file__).with_name("migrations")))
    stream = [script.revision for script in scripts.walk_revisions()]
    assert migrate.head() == scripts.get_current_head() == stream[0]
    assert all(migrate.knows(revision) for revision in stream)
    assert not migrate.knows("9999")


def test_a_database_that_is_up_to_date_is_opened_without_alembic(sqlite_infra: Infra) -> None:
    program = (
        "import sys; from pathlib import Path; from modelyard.infra import Settings, open_infra;\n"
        "with open_infra(Settings(data_dir=Path(sys.argv[1]))): print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(sqlite_infra.settings.data_dir)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "False\n"
