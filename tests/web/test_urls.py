from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.web import Links, here, local_path
from tests.web.conftest import RequestOf


def test_links_are_built_from_the_public_address() -> None:
    links = Links("https://hub.example.org:8443/")
    assert links.absolute("/acme/tiny chat", rev="a b") == "https://hub.example.org:8443/acme/tiny%20chat?rev=a+b"
    assert links.absolute("") == "https://hub.example.org:8443"
    assert (links.host, links.origin, links.secure) == ("hub.example.org:8443", "https://hub.example.org:8443", True)
    assert not Links("http://127.0.0.1:8000").secure


@pytest.mark.parametrize("path", ["/", "/models?q=a", "/acme/x#card", "/中文"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize("wish", ["//evil.example", "/\\evil.example", "https://evil.example", "", "x", "/a\r\nb: c"])
def test_any_other_address_is_not(wish: str) -> None:
    assert local_path(wish, otherwise="/home") == "/home"


@given(st.text())
def test_no_wish_leads_off_the_site(wish: str) -> None:
    # As browsers do: a backslash is a slash, tabs and line ends are dropped.
    read = local_path(wish).replace("\\", "/").translate({9: None, 10: None, 13: None})
    try:
        assert urlsplit(urljoin("https://hub.example.org/x", read)).netloc == "hub.example.org"
    except ValueError:
        assert read.startswith("/")


def test_the_address_of_a_page_changes_by_one_parameter(request_of: type[RequestOf]) -> None:
    request = request_of.path("/models?q=a&task=x&task=y&cursor=5")
    assert here(request, cursor=None) == "/models?q=a&task=x&task=y"
    assert here(request, cursor=None, task=["z"]) == "/models?q=a&task=z"
    assert here(request, cursor=None, task="", q=None) == "/models"
    assert here(request, q="a&b=c", task=None, cursor=None) == "/models?q=a%26b%3Dc"
