"""What keeps a server from starting wrongly."""

import multiprocessing
import socket
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import text

from modelyard.infra import Database, Infra, Settings, migrate
from modelyard.infra.startup import (
    AddressNotFree,
    AlreadyServed,
    DatabaseTooNew,
    PublicUrlRequired,
    bind,
    check_address,
    holder,
    is_loopback,
    only_server,
    prepare,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_needs_no_public_url(host: str) -> None:
    assert is_loopback(host)
    check_address(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "hub.example.org", "127.0.0.1.example.org"])
def test_an_address_that_others_reach_needs_a_public_url(host: str) -> None:
    with pytest.raises(PublicUrlRequired):
        check_address(Settings(host=host))
    check_address(Settings(host=host, public_url="https://hub.example.org"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_a_free_port_becomes_a_number(host: str) -> None:
    with closing(bind(Settings(host=host, port=0))) as taken:
        assert taken.getsockname()[1] > 0


def test_a_port_in_use_is_named() -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressNotFree) as refused:
            bind(Settings(port=port))
    assert refused.value.data["port"] == port


def test_an_address_of_another_machine_cannot_be_bound() -> None:
    with pytest.raises(AddressNotFree):
        bind(Settings(host="203.0.113.1", port=0))
    with pytest.raises(AddressNotFree):
        bind(Settings(host="no such host", port=0))


def _serve(folder: Path, serving: Event, stop: Event) -> None:
    with only_server(Settings(data_dir=folder)):
        serving.set()
        stop.wait(30)


def test_an_sqlite_folder_has_one_server(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    serving, stop = context.Event(), context.Event()
    first = context.Process(target=_serve, args=(tmp_path, serving, stop))
    first.start()
    assert serving.wait(30)
    assert holder(tmp_path) == str(first.pid)
    with pytest.raises(AlreadyServed) as refused, only_server(Settings(data_dir=tmp_path)):
        pass
    assert refused.value.data["process"] == str(first.pid)
    first.kill()  # the lock of a dead server binds nobody
    first.join(30)
    with only_server(Settings(data_dir=tmp_path)):
        assert holder(tmp_path) is not None
    assert holder(tmp_path) is None


def test_a_postgresql_database_may_have_many_servers(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql+psycopg://nobody@localhost/none")
    with only_server(settings), only_server(settings):
        assert holder(tmp_path) is None


def test_a_new_database_is_made_without_a_copy(tmp_path: Path) -> None:
    prepared = prepare(Settings(data_dir=tmp_path))
    assert (prepared.before, prepared.after, prepared.copy) == (None, migrate.head(), None)


def test_a_database_of_this_release_is_left_alone(infra: Infra) -> None:
    prepared = prepare(infra.settings)
    assert (prepared.before, prepared.copy) == (migrate.head(), None)


def test_an_older_sqlite_database_is_kept_before_it_is_migrated(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with closing(Database(settings.resolved_database_url)) as db:
        migrate.upgrade(db, "0001")
        with db.connection() as connection:
            connection.execute(text("UPDATE epoch SET value = 77"))
    prepared = prepare(settings)
    assert (prepared.before, prepared.after) == ("0001", migrate.head())
    assert prepared.copy
    with closing(Database(f"sqlite+pysqlite:///{prepared.copy}")) as old, old.reader() as session:
        assert migrate.current(old) == "0001"
        assert session.execute(text("SELECT value FROM epoch")).scalar() == 77
    with closing(Database(settings.resolved_database_url)) as db, db.reader() as session:
        assert migrate.current(db) == migrate.head()
        assert session.execute(text("SELECT value FROM epoch")).scalar() == 77


def test_a_database_of_a_later_release_is_not_touched(infra: Infra) -> None:
    with infra.db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew) as refused:
        prepare(infra.settings)
    assert refused.value.data == {"revision": "9999"}
