"""Names of branches and tags are those that git accepts."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.hub.errors import RefNameMalformed, RepoNameMalformed
from modelyard.hub.rules.names import RepoKind, RepoPath, check_new_name
from modelyard.hub.rules.refs import candidates, check_ref_name, short

ODD = ["a", "B", ".", "/", "-", "_", "~", "^", ":", " ", "@{", ".lock", "..", "@", "é", "*"]
PIECES = st.lists(st.sampled_from(ODD), max_size=6)


@settings(max_examples=100, deadline=None)
@given(name=PIECES.map("".join))
def test_what_is_accepted_git_accepts(name: str) -> None:
    try:
        check_ref_name(name)
    except RefNameMalformed:
        return
    subprocess.run(["git", "check-ref-format", "--branch", name], check=True, capture_output=True)


@pytest.mark.parametrize("name", ["", "a" * 40, "refs/heads/x", "HEAD", "-x", "\ud800", "a\0b", "x" * 300])
def test_names_that_would_confuse_are_refused(name: str) -> None:
    with pytest.raises(RefNameMalformed):
        check_ref_name(name)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a..b", "x.git", "resolve", "a/b", "ü", "x" * 97])
def test_repository_names_follow_the_clients_rule(name: str) -> None:
    with pytest.raises(RepoNameMalformed):
        check_new_name(name)


def test_addresses_of_kinds() -> None:
    assert RepoPath(RepoKind.MODEL, "Ada", "Tiny").address == "Ada/Tiny"
    assert RepoPath(RepoKind.DATASET, "Ada", "Tiny").address == "datasets/Ada/Tiny"
    assert RepoPath(RepoKind.MODEL, "Ada", "Tiny").key == "ada/tiny"


def test_what_a_revision_may_mean() -> None:
    assert candidates("HEAD") == ("refs/heads/main",)
    assert candidates("refs/pr/1") == ("refs/pr/1",)
    assert [short(ref) for ref in candidates("v1")] == ["v1", "v1"]
