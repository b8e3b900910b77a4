"""Input that no form makes: text that databases choke on, and names that are ours."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from modelyard import accounts
from modelyard.accounts import EVERY_SCOPE, NewUser, Offer, Passwords, Role, TokenWish
from modelyard.accounts.errors import SignInFailed
from modelyard.accounts.rules.names import NameVerdict, judge
from modelyard.app import build_app
from modelyard.infra import Database, Settings
from modelyard.kernel import AccountId, DomainError, ManualClock, TokenId
from tests.accounts.people import OPERATOR, Town, person

HOSTILE = ["\0", "a\0b", "\ud800", "' OR 1=1 --", "x" * 100_000, "\u202egnp", "９" * 30, "%", "_"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_is_refused_or_kept_but_never_breaks(
    database: Database, clock: ManualClock, town: Town, text: str
) -> None:
    ada, wish = person(town.ada), TokenWish(EVERY_SCOPE, name=text)

    def invite(offer: Offer) -> None:
        accounts.invite(session, actor=ada, organization=town.acme, offer=offer, clock=clock)

    with database.unit() as session:
        accounts.create_token(session, actor=ada, user=town.ada, wish=wish, clock=clock)
        accounts.list_users(session, actor=OPERATOR, after=text)
        accounts.audit_page(session, actor=OPERATOR, owner=None, before=text)
        accounts.admit(session, name=text, address=text, clock=clock)
        user = accounts.the_user(session, ada)
        for attempt in (
            lambda: accounts.find_account(session, text),
            lambda: accounts.account_by_id(session, AccountId(text)),
            lambda: accounts.authenticate_token(session, text, clock),
            lambda: accounts.revoke_token(session, actor=OPERATOR, token=TokenId(text), clock=clock),
            lambda: accounts.accept_invitation(session, actor=ada, key=text, clock=clock),
            lambda: accounts.reset_password(session, secret=text, password_hash=accounts.PasswordHash(""), clock=clock),
            lambda: accounts.update_profile(
                session, actor=ada, user=user, full_name="Ada", email=text + "@example.org", clock=clock
            ),
            lambda: invite(Offer(Role.READ, email=text)),
            lambda: accounts.create_user(session, actor=OPERATOR, new=NewUser(text), password_hash=None, clock=clock),
        ):
            with suppress(DomainError), session.begin_nested():
                attempt()


def test_a_full_name_keeps_its_letters_and_loses_its_control_characters(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        user = accounts.the_user(session, person(town.ada))
        name = "Ada\0 \x1b[31m洛芙莱斯\ud800\u202e"
        accounts.update_profile(session, actor=person(town.ada), user=user, full_name=name, email=None, clock=clock)
    with database.reader() as session:
        assert accounts.find_account(session, "ada").full_name == "Ada [31m洛芙莱斯"


def test_a_reset_that_comes_between_beats_a_sign_in_with_the_old_password(
    database: Database, clock: ManualClock, passwords: Passwords
) -> None:
    old, new = (passwords.hash_new(word, name="ada") for word in ("correct horse battery", "a new long password"))
    with database.unit() as session:
        user = accounts.create_user(session, actor=OPERATOR, new=NewUser("ada"), password_hash=old, clock=clock)
        challenge = accounts.admit(session, name="ada", address="203.0.113.7", clock=clock)
    stronger = Passwords(passes=2, memory=16)
    verified = stronger.verify("correct horse battery", challenge.password_hash)
    assert verified.right
    with database.unit() as session:
        link = accounts.reset_link(session, actor=OPERATOR, user=user, origin="", clock=clock)
        accounts.reset_password(session, secret=link.rsplit("/", 1)[1], password_hash=new, clock=clock)
    browser = accounts.Browser("203.0.113.7")
    with database.unit() as session, pytest.raises(SignInFailed):
        accounts.welcome(session, challenge=challenge, verified=verified, browser=browser, replaces=None, clock=clock)
    with database.unit() as session, pytest.raises(SignInFailed):
        accounts.change_password(session, actor=person(user.account), verified=verified, password_hash=old, clock=clock)
    with database.reader() as session:
        assert accounts.password_hash_of(session, actor=person(user.account)) == new


def test_nobody_can_take_a_word_that_our_addresses_begin_with(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "modelyard.db")
    app = build_app(Settings(data_dir=tmp_path), migrated=True)
    firsts = {path.split("/")[1] for path in _paths(app) if not path.startswith("/{")} - {""}
    assert {"api", "v1", "settings", "models"} <= firsts
    assert {word for word in firsts if judge(word) is NameVerdict.FREE} == set()


def _paths(app: object) -> set[str]:
    """Return the paths of an application and of those inside it."""
    found: set[str] = set()
    waiting, seen = [app], set()
    while waiting:
        layer = waiting.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        found |= {route.path for route in getattr(layer, "routes", ()) if hasattr(route, "path")}
        waiting += [inner for name in ("_app", "app", "default") if (inner := getattr(layer, name, None)) is not None]
    return found
