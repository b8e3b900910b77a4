"""Signed addresses: who may move which bytes into or out of which repository, until when."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qs

from modelyard.hub import Lfs
from modelyard.infra import SecretKey, to_micros
from modelyard.kernel import AccountId, Clock, RepoId
from modelyard.web import Links
from modelyard.wire.lfs.errors import HrefExpired

_PURPOSE = "lfs-href"
LIFETIME = timedelta(hours=12)
Act = Literal["upload", "verify", "download"]


@dataclass(frozen=True, slots=True)
class Permit:
    """What one signed address allows."""

    act: Act
    repository: RepoId
    lfs: Lfs
    account: AccountId | None = None


class Signer:
    """Writes and reads permits; what it reads, it wrote."""

    def __init__(self, secret: SecretKey, links: Links, clock: Clock) -> None:
        self._secret = secret
        self._links = links
        self._clock = clock

    def href(self, permit: Permit) -> str:
        """Return the absolute address of a permit."""
        until = str(to_micros(self._clock.now() + LIFETIME))
        query = {"size": str(permit.lfs.size), "until": until, "by": permit.account or ""}
        query["signature"] = self._secret.sign(_PURPOSE, _message(permit, until))
        return self._links.absolute(f"/_lfs/{permit.act}/{permit.repository}/{permit.lfs.sha256}", **query)

    def read(self, act: Act, repository: str, sha256: str, query: str) -> Permit:
        """Return the permit of an address; raises HrefExpired for one that is too old or not ours."""
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        size, until = given.get("size", ""), given.get("until", "")
        if not (_is_number(size) and _is_number(until)):
            raise HrefExpired
        account = AccountId(given["by"]) if given.get("by") else None
        permit = Permit(act, RepoId(repository), Lfs(sha256, int(size)), account)
        ours = self._secret.verify(_PURPOSE, _message(permit, until), given.get("signature", ""))
        if not ours or int(until) < to_micros(self._clock.now()):
            raise HrefExpired
        return permit


def _message(permit: Permit, until: str) -> bytes:
    parts = (permit.act, permit.repository, permit.lfs.sha256, str(permit.lfs.size), until, permit.account or "")
    return "\n".join(parts).encode(errors="backslashreplace")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < len(str(2**62))
