"""Names, roles, scopes, throttle, passwords, tokens, sessions, addresses: the pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from modelyard.accounts.rules import (
    addresses,
    emails,
    names,
    passwords,
    roles,
    scopes,
    sessions,
    text,
    throttle,
    tokens,
)
from modelyard.accounts.rules.names import NameVerdict
from modelyard.accounts.rules.passwords import PasswordVerdict
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import EVERY_SCOPE, Scope
from modelyard.accounts.rules.throttle import Rate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROLES = st.sampled_from(Role)
SCOPES = st.frozensets(st.sampled_from(Scope))
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=200))


def client_accepts(name: str) -> bool:
    try:
        validate_repo_id(f"{name}/model")
    except HFValidationError:
        return False
    return True


@given(st.text(alphabet="abZ09-_.", min_size=1, max_size=12) | st.text(max_size=100))
def test_a_name_is_well_formed_only_if_hub_clients_accept_it_as_a_namespace(name: str) -> None:
    if names.well_formed(name):
        assert client_accepts(name)


@given(st.text(alphabet="abZ09-_.", min_size=1, max_size=12))
def test_what_clients_accept_as_a_repository_is_well_formed_but_for_the_case_of_git(name: str) -> None:
    try:
        validate_repo_id(name)
    except HFValidationError:
        return
    assert names.well_formed(name) or name.lower().endswith(".git")


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("ada", NameVerdict.FREE),
        ("Foo-BAR_foo.bar123", NameVerdict.FREE),
        ("_x_", NameVerdict.FREE),
        ("a" * 96, NameVerdict.FREE),
        ("a" * 97, NameVerdict.MALFORMED),
        ("", NameVerdict.MALFORMED),
        ("-a", NameVerdict.MALFORMED),
        ("a.", NameVerdict.MALFORMED),
        ("a--b", NameVerdict.MALFORMED),
        ("a..b", NameVerdict.MALFORMED),
        ("repo.GIT", NameVerdict.MALFORMED),
        ("a/b", NameVerdict.MALFORMED),
        ("ada\n", NameVerdict.MALFORMED),
        ("аda", NameVerdict.MALFORMED),  # a Cyrillic а
        ("API", NameVerdict.RESERVED),
        ("Datasets", NameVerdict.RESERVED),
        ("_kit", NameVerdict.RESERVED),
        ("acc_" + "0" * 26, NameVerdict.RESERVED),
    ],
)
def test_names_are_judged(name: str, verdict: NameVerdict) -> None:
    assert names.judge(name) is verdict


@given(ROLES, ROLES)
def test_roles_are_in_one_order(one: Role, other: Role) -> None:
    assert one.covers(other) or other.covers(one)
    assert (one.covers(other) and other.covers(one)) == (one is other)


@given(st.none() | ROLES, ROLES)
def test_nobody_grants_more_than_they_have(granter: Role | None, role: Role) -> None:
    if roles.may_grant(granter, role):
        assert granter is not None
        assert granter.covers(role)
        assert granter.covers(Role.ADMIN)


@given(st.none() | ROLES, ROLES, st.none() | ROLES)
def test_a_change_needs_power_over_both_ends(changer: Role | None, present: Role, wanted: Role | None) -> None:
    if roles.may_change(changer, present=present, wanted=wanted):
        assert roles.may_grant(changer, present)
        assert wanted is None or roles.may_grant(changer, wanted)


@given(ROLES, st.none() | ROLES)
def test_a_member_never_raises_itself_unless_it_is_an_owner(present: Role, wanted: Role | None) -> None:
    allowed = roles.may_change(present, present=present, wanted=wanted, own=True)
    assert allowed == (wanted is None or present.covers(wanted))


def test_the_last_owner_stays() -> None:
    assert roles.leaves_no_owner(owners=1, present=Role.OWNER, wanted=None)
    assert roles.leaves_no_owner(owners=1, present=Role.OWNER, wanted=Role.ADMIN)
    assert not roles.leaves_no_owner(owners=1, present=Role.OWNER, wanted=Role.OWNER)
    assert not roles.leaves_no_owner(owners=2, present=Role.OWNER, wanted=None)
    assert not roles.leaves_no_owner(owners=1, present=Role.ADMIN, wanted=None)


@given(SCOPES)
def test_closure_adds_reading_to_writing_and_nothing_else(given_scopes: frozenset[Scope]) -> None:
    closed = scopes.closure(given_scopes)
    assert closed == scopes.closure(closed)
    assert closed - given_scopes <= {Scope.READ}
    assert Scope.WRITE not in closed or Scope.READ in closed


def test_a_write_token_of_hub_clients_does_everything() -> None:
    assert scopes.as_hub_clients_mean(Scope.WRITE) == EVERY_SCOPE
    assert scopes.as_hub_clients_mean(Scope.READ) == {Scope.READ}
    assert scopes.as_hub_clients_mean(Scope.INFERENCE) == {Scope.INFERENCE}


def test_only_the_read_role_is_used_by_the_read_scope() -> None:
    assert [scopes.needed_for(role) for role in Role] == [Scope.READ, Scope.WRITE, Scope.WRITE, Scope.WRITE]


@given(st.lists(st.integers(0, 90), max_size=60), st.integers(1, 8), st.integers(1, 40))
def test_a_throttle_never_lets_more_through_than_its_rate(gaps: list[int], burst: int, seconds: int) -> None:
    rate = Rate(burst, timedelta(seconds=seconds))
    now, full_until, passed = NOW, None, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        attempt = throttle.attempt(rate, full_until=full_until, now=now)
        full_until = attempt.full_until
        if attempt.allowed:
            passed.append(now)
    for index, start in enumerate(passed):
        for count, end in enumerate(passed[index:], start=1):
            assert count <= burst + (end - start) // rate.interval + 1 or count <= burst
            assert count - burst <= (end - start) / rate.interval


@given(st.integers(1, 8), st.integers(1, 40))
def test_a_refused_guesser_is_heard_again_after_exactly_the_wait(burst: int, seconds: int) -> None:
    rate = Rate(burst, timedelta(seconds=seconds))
    full_until = None
    for _ in range(burst):
        attempt = throttle.attempt(rate, full_until=full_until, now=NOW)
        assert attempt.allowed
        full_until = attempt.full_until
    refused = throttle.attempt(rate, full_until=full_until, now=NOW)
    assert not refused.allowed
    assert refused.full_until == full_until
    assert throttle.attempt(rate, full_until=full_until, now=NOW + refused.wait).allowed


@pytest.mark.parametrize(
    ("password", "verdict"),
    [
        ("correct horse", PasswordVerdict.GOOD),
        ("九个字也算得上很长的密码", PasswordVerdict.GOOD),
        ("short", PasswordVerdict.SHORT),
        ("x" * 257, PasswordVerdict.LONG),
        ("aaaaaaaaaaaa", PasswordVerdict.GUESSABLE),
        ("adaadaADA123", PasswordVerdict.GUESSABLE),
    ],
)
def test_passwords_are_judged(password: str, verdict: PasswordVerdict) -> None:
    assert passwords.judge(password, name="ada") is verdict


def test_two_spellings_of_an_accent_are_one_password() -> None:
    assert passwords.normal("cafe\u0301 au lait") == passwords.normal("café au lait")
    assert passwords.normal("lone \ud800 surrogate").encode()


@given(st.text(max_size=40))
def test_a_token_digest_is_the_sha256_in_hexadecimal(secret: str) -> None:
    assert len(tokens.digest(secret)) == 64
    assert tokens.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("hf_" + "x" * 34, True),
        ("x" * 20, True),
        ("x" * 19, False),
        ("x" * 512, True),
        ("x" * 513, False),
        ("x" * 20 + " ", False),
        ("x" * 20 + ":", False),
        ("x" * 20 + "\n", False),
        ("é" * 20, False),
    ],
)
def test_foreign_tokens_are_long_and_visible(value: str, fits: bool) -> None:
    assert tokens.acceptable(value) is fits


def test_a_preview_shows_seven_characters() -> None:
    shown = tokens.preview("my_secretsecretsecret1234")
    assert (shown.prefix, shown.last) == ("my_", "1234")


@given(SCOPES, SCOPES, st.none() | SPANS, st.none() | SPANS)
def test_a_token_stays_within_its_maker(
    child: frozenset[Scope], parent: frozenset[Scope], life: timedelta | None, limit: timedelta | None
) -> None:
    expires = None if life is None else NOW + life
    of_expires = None if limit is None else NOW + limit
    fits = tokens.within(scopes=child, expires=expires, of_scopes=parent, of_expires=of_expires)
    lives_on = of_expires is not None and (expires is None or expires > of_expires)
    assert fits == (not child - parent and not lives_on)


@given(SPANS, SPANS)
def test_a_session_never_outlives_ninety_days(idle: timedelta, more: timedelta) -> None:
    expires = sessions.expiry(started=NOW, seen=NOW + idle)
    assert expires <= NOW + sessions.LONGEST
    assert expires <= NOW + idle + sessions.IDLE
    later = sessions.renewed(started=NOW, expires=expires, now=NOW + idle + more)
    if later is not None:
        assert expires + sessions.RENEW_EVERY <= later <= NOW + sessions.LONGEST
    if more < sessions.RENEW_EVERY:
        assert later is None


def test_a_form_token_is_of_one_cookie_and_hides_it() -> None:
    token = sessions.csrf_token("secret of one")
    assert token == sessions.csrf_token("secret of one")
    assert token != sessions.csrf_token("secret of another")
    assert "secret" not in token


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_one_site_is_one_address(address: str, group: str) -> None:
    assert addresses.group(address) == group


@pytest.mark.parametrize(
    ("email", "fits"),
    [
        ("ada@example.org", True),
        ("a.b+c@mail.example.co", True),
        ("小明@例子.中国", True),
        ("ada", False),
        ("ada@example", False),
        ("a b@example.org", False),
        ("ada@exa\nmple.org", False),
        ("a@b@example.org", False),
        ("<ada@example.org>", False),
        ("x" * 65 + "@example.org", False),
        ("ada@" + "x" * 260 + ".org", False),
    ],
)
def test_emails_are_caught_when_they_slip(email: str, fits: bool) -> None:
    assert emails.well_formed(email) is fits


@given(st.text())
def test_one_line_is_printable_and_settled(typed: str) -> None:
    line = text.one_line(typed)
    assert line.isprintable()
    assert line == text.one_line(line)


@given(st.text(st.characters(exclude_categories=())))
def test_storable_text_can_be_encoded_and_keeps_ordinary_words(typed: str) -> None:
    kept = text.storable(typed)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    if typed.isprintable():
        assert kept == typed
