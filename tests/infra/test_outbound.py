"""The one way out, against real sockets: what is private stays unreachable, however it is dressed up."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path

import pytest

from modelyard.infra.outbound import (
    Guard,
    Limits,
    Outbound,
    OutboundFailed,
    OutboundRefused,
    OutboundTooLarge,
    is_public,
)
from tests.infra.sites import FakeResolver, Site, answer, serve

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "203.0.113.7",
    "192.0.0.192",
    "0.0.0.0",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "3fff::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "1.1.1.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2606:4700::1",
]


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def names() -> FakeResolver:
    return FakeResolver(
        site_test=[["127.0.0.1"]],
        private_test=[["127.0.0.1"]],
        mixed_test=[["127.0.0.1", "203.0.113.9"]],
        flips_test=[["93.184.216.34"], ["127.0.0.1"]],
    )


@pytest.fixture
def outbound(names: FakeResolver) -> Iterator[Outbound]:
    client = Outbound(["site.test"], resolver=names)
    yield client
    client.close()


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_near_this_machine_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_a_call_to_a_private_address_is_refused_before_anything_is_sent(text: str) -> None:
    host = f"[{text.partition('%')[0]}]" if ":" in text else text
    client = Outbound()
    with pytest.raises(OutboundRefused):
        client.fetch("GET", f"http://{host}:9/")
    client.close()


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "LOCALHOST."])
def test_odd_spellings_of_loopback_are_refused(site: Site, host: str) -> None:
    client = Outbound()
    with pytest.raises((OutboundRefused, OutboundFailed)):
        client.fetch("GET", site.url(host=host))
    client.close()
    assert site.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://site.test/",
        "ftp://site.test/",
        "//site.test/",
        "site.test",
        "",
        "http://",
        "http://user:word@site.test/",
        "http://site.test:99999/",
        "http://[::1",
        "http://site.test/\x00",
    ],
)
def test_urls_that_are_not_plain_http_are_refused(outbound: Outbound, url: str) -> None:
    with pytest.raises(OutboundRefused):
        outbound.fetch("GET", url)
    with pytest.raises(OutboundRefused):
        outbound.check(url)


def test_an_allowed_host_is_called_with_its_name(outbound: Outbound, site: Site) -> None:
    reply = outbound.fetch("POST", site.url("/hook?x=1"), headers={"X-Signature": "abc"}, content=b"body")
    assert (reply.status, reply.body) == (200, b"hello")
    method, path, headers = site.seen[0]
    assert (method, path) == ("POST", "/hook?x=1")
    assert headers["host"] == f"site.test:{site.port}"
    assert headers["x-signature"] == "abc"


@pytest.mark.parametrize("allow", ["127.0.0.1", "127.0.0.0/8", "private.test", "PRIVATE.test."])
def test_the_operator_may_allow_hosts_addresses_and_networks(names: FakeResolver, site: Site, allow: str) -> None:
    client = Outbound([allow], resolver=names)
    assert client.fetch("GET", site.url(host="private.test")).status == 200
    client.close()


def test_an_allowed_network_holds_for_addresses_that_embed_it() -> None:
    guard = Guard(["10.0.0.0/8"])
    assert guard.permits(ip_address("::ffff:10.0.0.1"))
    assert not guard.permits(ip_address("::ffff:127.0.0.1"))


def test_a_private_name_is_refused(outbound: Outbound, site: Site) -> None:
    with pytest.raises(OutboundRefused, match="not public"):
        outbound.fetch("GET", site.url(host="private.test"))
    assert site.seen == []


def test_a_name_that_changes_its_answer_gains_nothing(outbound: Outbound, names: FakeResolver, site: Site) -> None:
    outbound.check(site.url(host="flips.test"))  # public now
    with pytest.raises(OutboundRefused):
        outbound.fetch("GET", site.url(host="flips.test"))  # and loopback when it counts
    assert site.seen == []


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_asked_once(site: Site) -> None:
    names = FakeResolver(once_test=[["127.0.0.1"], ["203.0.113.9"]])
    client = Outbound(["127.0.0.1"], resolver=names)
    assert client.fetch("GET", site.url(host="once.test")).status == 200
    assert names.asked == ["once.test"]
    client.close()


def test_of_several_addresses_the_private_ones_are_not_tried(site: Site) -> None:
    names = FakeResolver(mixed_test=[["127.0.0.1", "127.0.0.9"]])
    guard = Guard(["127.0.0.9"], resolver=names)
    assert guard.addresses("mixed.test", 80) == [ip_address("127.0.0.9")]


def test_the_next_address_is_tried_when_one_does_not_answer(site: Site) -> None:
    names = FakeResolver(two_test=[["127.0.0.77", "127.0.0.1"]])
    client = Outbound(["127.0.0.0/8"], resolver=names)
    assert client.fetch("GET", site.url(host="two.test")).status == 200
    client.close()


def test_redirects_are_followed_and_limited(outbound: Outbound, site: Site) -> None:
    def hop(handler: BaseHTTPRequestHandler) -> None:
        number = int(handler.path.strip("/") or 0)
        if number:
            answer(handler, b"", 302, Location=f"/{number - 1}")
        else:
            answer(handler, b"arrived")

    site.reply = hop
    reply = outbound.fetch("GET", site.url("/5"))
    assert (reply.body, reply.url) == (b"arrived", site.url("/0"))
    with pytest.raises(OutboundFailed, match="redirects more than 5 times"):
        outbound.fetch("GET", site.url("/6"))


@pytest.mark.parametrize(
    "target",
    [
        "http://private.test:{port}/",
        "http://127.0.0.1:{port}/",
        "http://[::1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:word@site.test:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
    ],
)
def test_a_redirect_is_judged_like_a_first_call(outbound: Outbound, site: Site, target: str) -> None:
    site.reply = lambda handler: answer(handler, b"", 302, Location=target.format(port=site.port))
    with pytest.raises(OutboundRefused):
        outbound.fetch("GET", site.url("/start"))
    assert [path for _, path, _ in site.seen] == ["/start"]


def test_credentials_do_not_follow_a_redirect_to_another_host(names: FakeResolver, site: Site) -> None:
    site.reply = lambda handler: answer(
        handler, b"", 200 if handler.path == "/end" else 302, Location=site.url("/end", host="private.test")
    )
    client = Outbound(["site.test", "private.test"], resolver=names)
    client.fetch("GET", site.url(), headers={"Authorization": "Bearer x"})
    assert "authorization" in site.seen[0][2]
    assert "authorization" not in site.seen[1][2]
    client.close()


def test_cookies_are_not_kept(outbound: Outbound, site: Site) -> None:
    site.reply = lambda handler: answer(handler, b"", Set_Cookie="session=1; Path=/")
    outbound.fetch("GET", site.url())
    outbound.fetch("GET", site.url())
    assert "cookie" not in site.seen[1][2]


def test_proxies_of_the_environment_are_not_used(
    outbound: Outbound, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    client = Outbound(["127.0.0.1"])
    assert client.fetch("GET", site.url(host="127.0.0.1")).status == 200
    client.close()


def test_an_answer_that_is_announced_too_large_is_not_read(outbound: Outbound, site: Site) -> None:
    site.reply = lambda handler: answer(handler, b"x" * 1001)
    with pytest.raises(OutboundTooLarge):
        outbound.fetch("GET", site.url(), limits=Limits(max_bytes=1000))


def test_an_endless_answer_is_cut_off(outbound: Outbound, site: Site) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass

    site.reply = endless
    with pytest.raises(OutboundTooLarge):
        outbound.fetch("GET", site.url(), limits=Limits(max_bytes=1_000_000))


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_trickle_is_cut_off_when_the_time_is_up(outbound: Outbound, site: Site, where: str) -> None:
    over = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if where == "body" else b"X-Slow: "))
        while not over.wait(0.05):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    site.reply = trickle
    try:
        with pytest.raises(OutboundFailed, match="in time"):
            outbound.fetch("GET", site.url(), limits=Limits(seconds=0.5))
    finally:
        over.set()


def test_a_compressed_answer_that_was_not_asked_for_is_refused(outbound: Outbound, site: Site) -> None:
    site.reply = lambda handler: answer(handler, b"bomb", Content_Encoding="gzip")
    with pytest.raises(OutboundFailed, match="encoding"):
        outbound.fetch("GET", site.url())
    assert site.seen[0][2]["accept-encoding"] == "identity"


def test_a_cut_answer_is_an_error(outbound: Outbound, site: Site) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    site.reply = cut
    with pytest.raises(OutboundFailed, match="broke off"):
        outbound.fetch("GET", site.url())


def test_nobody_listens(names: FakeResolver) -> None:
    client = Outbound(["site.test"], resolver=names)
    with pytest.raises(OutboundFailed, match="cannot be reached"):
        client.fetch("GET", "http://site.test:1/")
    with pytest.raises(OutboundFailed, match="no address"):
        client.fetch("GET", "http://absent.test/")
    client.close()


def test_a_head_tells_the_size_of_what_is_too_large_to_fetch(outbound: Outbound, site: Site) -> None:
    site.reply = lambda handler: answer(handler, b"x" * 5000 if handler.command == "GET" else b"", X_Size="5000")
    assert outbound.fetch("HEAD", site.url(), limits=Limits(max_bytes=10)).headers["x-size"] == "5000"


def test_a_large_body_is_streamed(outbound: Outbound, site: Site) -> None:
    site.reply = lambda handler: answer(handler, b"x" * 3_000_000)
    with outbound.stream("GET", site.url()) as incoming:
        sizes = [len(chunk) for chunk in incoming.chunks()]
    assert sum(sizes) == 3_000_000
    assert max(sizes) <= 1 << 16


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `site.test`, signed by itself, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=site.test"
    names = ["-addext", "subjectAltName=DNS:site.test", "-keyout", str(folder / "pem"), "-out", str(folder / "crt")]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    (folder / "pem").write_text((folder / "pem").read_text() + (folder / "crt").read_text())
    return folder


@pytest.fixture
def tls_site(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "pem")
    yield from serve(context)


@pytest.fixture
def trusting(certificate: Path, names: FakeResolver) -> Iterator[Outbound]:
    client = Outbound(["127.0.0.1"], resolver=names, tls=ssl.create_default_context(cafile=str(certificate / "crt")))
    yield client
    client.close()


def test_tls_is_checked_against_the_name_although_the_address_was_dialed(trusting: Outbound, tls_site: Site) -> None:
    assert trusting.fetch("GET", tls_site.url(scheme="https")).body == b"hello"
    with pytest.raises(OutboundFailed, match="certificate is not trusted"):
        trusting.fetch("GET", tls_site.url(scheme="https", host="private.test"))


def test_a_redirect_from_https_to_http_is_refused(trusting: Outbound, tls_site: Site) -> None:
    tls_site.reply = lambda handler: answer(handler, b"", 302, Location="http://site.test:1/")
    with pytest.raises(OutboundRefused, match="from https to http"):
        trusting.fetch("GET", tls_site.url(scheme="https"))


def test_an_unknown_certificate_is_refused(outbound: Outbound, tls_site: Site) -> None:
    with pytest.raises(OutboundFailed, match="certificate is not trusted"):
        outbound.fetch("GET", tls_site.url(scheme="https"))
