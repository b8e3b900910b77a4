"""Which names a user or an organization may take; the two share one namespace, in which case does not count."""

import re
from enum import StrEnum

from modelyard.kernel import is_id

MAX_LENGTH = 96
_ALPHABET = re.compile(r"[A-Za-z0-9_.-]{1,96}", re.ASCII)

RESERVED = frozenset(
    """
    _kit _lfs _static about account accounts admin administrator anonymous api arena assets audit auth bad-gateway
    billing blog catalog chat checkout collections compare compliance contact credit credits dashboard datasets
    deploy deployments docs download endpoints error explore favicon.ico first-admin gateway git health healthz help
    home hub import inference info invitations invite jobs join kernels ledger legal lfs livez login logout market
    me metrics models modelyard moderation new notifications oauth openapi.json operator orders organization
    organizations panels papers password payments payouts plans playground posts price pricing privacy profile
    readyz receipt receipts register reports reset resolve robots.txt root search security settings sign-in sign-out
    signin signout signup sitemap.xml spaces sso statements static status support system tasks terms tokens training
    upload usage user users v1 v2 webhooks well-known whoami whoami-v2 wiki www xet
    """.split()
)
"""Words that our own addresses begin with, or may; the one list of them in the system."""


class NameVerdict(StrEnum):
    """What the rule says about a name, before anyone looks whether it is taken."""

    FREE = "free"
    MALFORMED = "malformed"
    RESERVED = "reserved"


def key(name: str) -> str:
    """Return the form under which names are compared: `Ada` and `ada` are one name."""
    return name.lower()


def well_formed(name: str) -> bool:
    """Tell whether hub clients accept the name as one half of a repository id.

    The rule is huggingface_hub's `validate_repo_id`: 1 to 96 of letters, digits, `-`, `_`, `.`; neither `-` nor `.` at
    an end; no `--` or `..`; not ending in `.git` (here in any case, since names are compared without it).
    """
    return (
        _ALPHABET.fullmatch(name) is not None
        and name[0] not in "-."
        and name[-1] not in "-."
        and "--" not in name
        and ".." not in name
        and not key(name).endswith(".git")
    )


def judge(name: str) -> NameVerdict:
    """Judge a name for a new user or organization.

    A name in the shape of an account id is reserved too, because addresses accept either.
    """
    if not well_formed(name):
        return NameVerdict.MALFORMED
    if key(name) in RESERVED or is_id(key(name), "acc"):
        return NameVerdict.RESERVED
    return NameVerdict.FREE
