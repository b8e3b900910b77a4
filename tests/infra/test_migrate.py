from pathlib import Path

from sqlalchemy import text

from modelyard import accounts
from modelyard.accounts import Actor, NewUser
from modelyard.infra import Database, Settings, migrate, open_infra
from modelyard.infra.startup import prepare
from modelyard.kernel import ManualClock

STEPS = ("0001", "0002", "0003", "0004", "0005")
PREVIOUS = STEPS[-2]


def test_every_step_is_known_in_order(empty_database: Database) -> None:
    for step in STEPS:
        migrate.upgrade(empty_database, step)
        assert migrate.current(empty_database) == step
    assert migrate.head() == STEPS[-1]


def test_what_people_had_is_there_after_each_step(empty_database: Database) -> None:
    clock = ManualClock()
    migrate.upgrade(empty_database, "0002")
    with empty_database.unit() as session:
        made = accounts.create_user(
            session, actor=Actor.system("test"), new=NewUser("ada"), password_hash=None, clock=clock
        )
    for step in STEPS[2:]:
        migrate.upgrade(empty_database, step)
        with empty_database.reader() as session:
            assert accounts.find_account(session, "Ada").id == made.account.id
            assert session.execute(text("SELECT count(*) FROM audit_entry")).scalar_one() >= 1


def test_a_folder_of_the_previous_migration_is_copied_brought_up_and_opens(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    old = Database(settings.resolved_database_url)
    migrate.upgrade(old, PREVIOUS)
    with old.unit() as session:
        new = NewUser("ada")
        accounts.create_user(session, actor=Actor.system("test"), new=new, password_hash=None, clock=ManualClock())
    old.close()
    prepared = prepare(settings)
    assert prepared.copy is not None
    assert Path(prepared.copy).exists()
    with open_infra(settings) as infra, infra.db.reader() as session:
        assert accounts.find_account(session, "ada").name == "ada"
