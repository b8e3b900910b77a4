import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from structlog.contextvars import bound_contextvars

from modelyard import accounts
from modelyard.accounts import ANONYMOUS, Scope, Subject
from modelyard.accounts.errors import Forbidden
from modelyard.infra import Database
from modelyard.kernel import ManualClock
from tests.accounts.people import OPERATOR, Town, person, token


def test_a_line_says_who_what_when_and_in_which_request(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session, bound_contextvars(request_id="req_1"):
        made = token(session, town.ada, clock)
        actor = accounts.authenticate_token(session, made.secret.secret, clock)
        accounts.record(
            session, actor=actor, act="repo.created", subject="repo_1", clock=clock, data={"name": "m", "private": True}
        )
    with database.reader() as session:
        line = accounts.audit_page(session, actor=person(town.ada), owner=town.ada.id).items[0]
    assert (line.actor_id, line.actor_name, line.token_id) == (town.ada.id, "Ada", made.token.id)
    assert (line.act, line.subject, line.data) == ("repo.created", "repo_1", {"name": "m", "private": True})
    assert (line.at, line.request_id) == (clock.now(), "req_1")


def test_lines_cannot_be_changed_or_taken_away(database: Database, town: Town) -> None:
    for attack in ("UPDATE audit_entry SET act = 'nothing'", "DELETE FROM audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), database.unit() as session:
            session.execute(text(attack))
    with database.reader() as session:
        assert accounts.audit_page(session, actor=OPERATOR, owner=None).items


def test_what_is_rolled_back_leaves_no_line(database: Database, clock: ManualClock, town: Town) -> None:
    def lines() -> int:
        with database.reader() as session:
            return len(accounts.audit_page(session, actor=OPERATOR, owner=None, limit=200).items)

    before = lines()
    with database.unit() as session:
        accounts.record(session, actor=OPERATOR, act="thing.done", subject="x", clock=clock)
        session.rollback()
    assert lines() == before


def test_each_trail_is_read_by_its_owner(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        accounts.record(session, actor=OPERATOR, act="a.b", subject=Subject("x", owner=town.acme.id), clock=clock)
        accounts.record(session, actor=OPERATOR, act="c.d", subject=town.bob.id, clock=clock)
    with database.reader() as session:
        acme = accounts.audit_page(session, actor=person(town.ada), owner=town.acme.id).items
        assert [line.act for line in acme] == ["a.b", "member.joined", "organization.created"]
        assert accounts.audit_page(session, actor=person(town.bob), owner=town.bob.id).items[0].act == "c.d"
        everyone = accounts.audit_page(session, actor=person(town.root, admin=True), owner=None, limit=200)
        assert len(everyone.items) > len(acme)
        refused = [
            (person(town.bob), town.acme.id),
            (person(town.bob), town.ada.id),
            (person(town.ada), None),
            (person(town.ada, scopes=frozenset({Scope.INFERENCE})), town.ada.id),
            (ANONYMOUS, None),
        ]
        for actor, owner in refused:
            with pytest.raises(Forbidden):
                accounts.audit_page(session, actor=actor, owner=owner)


def test_pages_follow_each_other_without_gap_or_overlap(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        for number in range(7):
            accounts.record(session, actor=OPERATOR, act="n.n", subject=str(number), clock=clock)
    seen: list[int] = []
    cursor: str | None = None
    with database.reader() as session:
        while True:
            page = accounts.audit_page(session, actor=OPERATOR, owner=None, before=cursor, limit=3)
            seen += [line.seq for line in page.items]
            cursor = page.next
            if cursor is None:
                break
        whole = accounts.audit_page(session, actor=OPERATOR, owner=None, before="not a number", limit=1000)
    assert seen == [line.seq for line in whole.items]
