"""Create, hide, list, delete, collect; branches and tags; what each announces and records."""

import pytest

from modelyard import hub
from modelyard.accounts import ANONYMOUS, AccountNotFound, Actor, Forbidden, SignInRequired, audit_page
from modelyard.hub import Message, NewTag, Order, Query, RepoExists, RepoKind, RepoNotFound, RepoPath, Visibility
from modelyard.hub.errors import (
    ConfirmationWrong,
    MainBranchKept,
    RefExists,
    RefNameMalformed,
    RepoNameMalformed,
    RevisionNotFound,
)
from modelyard.infra import Infra, epoch
from modelyard.kernel import ManualClock
from tests.hub.conftest import Make

PATH = RepoPath(RepoKind.MODEL, "ada", "tiny")


def test_a_new_repository_has_a_commit_and_an_audit_line(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    with infra.db.reader() as session:
        revision = hub.resolve(session, hub.see(session, actor=ANONYMOUS, path=PATH), "main")
        assert [item.path for item in hub.files(session, revision)] == [".gitattributes"]
        acts = [entry.act for entry in audit_page(session, actor=ada, owner=repo.owner).items]
        assert {"repo.created", "commit.landed"} <= set(acts)


def test_whoever_makes_repositories_cannot_keep_the_gateway_from_a_fresh_snapshot(
    infra: Infra, ada: Actor, make: Make, clock: ManualClock
) -> None:
    def shown(visibility: Visibility) -> int:
        with infra.db.unit() as session:
            hub.set_visibility(session, actor=ada, path=PATH, visibility=visibility, clock=clock)
            return epoch.current(session)

    with infra.db.reader() as session:
        before = epoch.current(session)
    make()
    hidden = shown(Visibility.PRIVATE)
    assert (hidden, shown(Visibility.PUBLIC)) == (before + 1, before + 1)


def test_names_are_taken_whatever_their_case(make: Make) -> None:
    make("Tiny")
    with pytest.raises(RepoExists):
        make("tINY")
    make("tiny", kind=RepoKind.DATASET)


def test_who_may_create_what(infra: Infra, ada: Actor, eve: Actor, make: Make) -> None:
    create = hub.create_repository
    with infra.db.unit() as session:
        with pytest.raises(Forbidden):
            create(session, actor=eve, path=PATH, clock=infra.clock)
        with pytest.raises(SignInRequired):
            create(session, actor=ANONYMOUS, path=PATH, clock=infra.clock)
        with pytest.raises(AccountNotFound):
            create(session, actor=ada, path=RepoPath(RepoKind.MODEL, "nobody", "x"), clock=infra.clock)
        with pytest.raises(RepoNameMalformed):
            create(session, actor=ada, path=RepoPath(RepoKind.MODEL, "ada", "a b"), clock=infra.clock)


def test_a_hidden_repository_is_absent_to_strangers(infra: Infra, ada: Actor, eve: Actor, make: Make) -> None:
    repo = make()
    with infra.db.unit() as session:
        hub.set_visibility(session, actor=ada, path=PATH, visibility=Visibility.PRIVATE, clock=infra.clock)
    with infra.db.reader() as session:
        for stranger in (eve, ANONYMOUS):
            with pytest.raises(RepoNotFound):
                hub.see(session, actor=stranger, path=PATH)
            with pytest.raises(RepoNotFound):
                hub.repository_by_id(session, actor=stranger, repository=repo.id)
            assert hub.list_repositories(session, actor=stranger, query=Query()).items == []
        assert hub.see(session, actor=ada, path=PATH).private
        assert len(hub.list_repositories(session, actor=Actor.system("test"), query=Query()).items) == 1


def test_a_deleted_repository_frees_its_name_and_is_collected(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    with infra.db.unit() as session:
        with pytest.raises(ConfirmationWrong):
            hub.delete_repository(session, actor=ada, path=PATH, clock=infra.clock, confirmation="tiny")
        hub.delete_repository(session, actor=ada, path=PATH, clock=infra.clock, confirmation="ada/tiny")
    with infra.db.reader() as session, pytest.raises(RepoNotFound):
        hub.see(session, actor=ada, path=PATH)
    assert make().id != repo.id
    with infra.db.unit() as session:
        assert hub.collect_deleted(session) == 3
    with infra.db.unit() as session:
        assert hub.collect_deleted(session) == 0
    with infra.db.reader() as session:
        hub.resolve(session, hub.see(session, actor=ada, path=PATH), "main")


def test_lists_are_paged_without_gaps(infra: Infra, ada: Actor, make: Make) -> None:
    wanted = {make(f"r{number}").id for number in range(7)}
    for order in Order:
        found: list[str] = []
        after: str | None = None
        while True:
            with infra.db.reader() as session:
                query = Query(order=order, after=after, limit=2)
                page = hub.list_repositories(session, actor=ada, query=query)
            found += [item.id for item in page.items]
            after = page.next
            if after is None:
                break
        assert len(found) == 7
        assert set(found) == wanted


def test_branches_and_tags(infra: Infra, ada: Actor, eve: Actor, make: Make) -> None:
    make()
    with infra.db.unit() as session:
        hub.create_branch(session, actor=ada, path=PATH, name="dev", clock=infra.clock)
        tag = hub.create_tag(session, actor=ada, path=PATH, tag=NewTag("v1", "dev", "first"), clock=infra.clock)
        assert tag.oid != tag.commit
        with pytest.raises(RefExists):
            hub.create_branch(session, actor=ada, path=PATH, name="dev", clock=infra.clock)
        with pytest.raises(RefNameMalformed):
            hub.create_branch(session, actor=ada, path=PATH, name="a..b", clock=infra.clock)
        with pytest.raises(RevisionNotFound):
            hub.create_branch(session, actor=ada, path=PATH, name="x", start="none", clock=infra.clock)
        with pytest.raises(MainBranchKept):
            hub.delete_branch(session, actor=ada, path=PATH, name="main", clock=infra.clock)
        with pytest.raises(Forbidden):
            hub.delete_branch(session, actor=eve, path=PATH, name="dev", clock=infra.clock)
        hub.delete_branch(session, actor=ada, path=PATH, name="dev", clock=infra.clock)
        with pytest.raises(RevisionNotFound):
            hub.delete_tag(session, actor=ada, path=PATH, name="v2", clock=infra.clock)
        hub.delete_tag(session, actor=ada, path=PATH, name="v1", clock=infra.clock)
        assert [ref.name for ref in hub.refs(session, hub.see(session, actor=ada, path=PATH))] == ["refs/heads/main"]


def test_two_branches_may_come_to_the_very_same_commit(infra: Infra, ada: Actor, make: Make) -> None:
    make()
    with infra.db.unit() as session:
        hub.create_branch(session, actor=ada, path=PATH, name="dev", clock=infra.clock)
    landed = []
    for branch in ("main", "dev"):
        draft = hub.open_draft(infra, actor=ada, path=PATH, revision=branch)
        draft.add_file("same", b"same")
        landed.append(draft.land(Message("same")))
    assert landed[0].oid == landed[1].oid


def test_a_commit_to_a_repository_that_vanished_is_refused(infra: Infra, ada: Actor, make: Make) -> None:
    make()
    draft = hub.open_draft(infra, actor=ada, path=PATH, revision="main")
    draft.add_file("a", b"1")
    with infra.db.unit() as session:
        hub.delete_repository(session, actor=ada, path=PATH, clock=infra.clock)
    with pytest.raises(RepoNotFound):
        draft.land(Message("too late"))
