"""Names of branches, tags and revisions, as git's check-ref-format and the hub's clients read them."""

import re

from modelyard.hub.errors import RefNameMalformed

DEFAULT_BRANCH = "main"
BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
MAX_BYTES = 200
_ODD = re.compile("[\x00-\x20\x7f-\x9f~^:?*\\[\\\\]|\\.\\.|@\\{|//")
_FULL_OID = re.compile(r"[0-9a-f]{40}")


def is_full_oid(text: str) -> bool:
    """Tell whether the text is a whole commit id; such text never names a branch or tag."""
    return _FULL_OID.fullmatch(text) is not None


def check_ref_name(name: str) -> str:
    """Return the short name if a branch or tag may have it; raise RefNameMalformed otherwise."""
    if not _sound(name) or is_full_oid(name) or name.startswith("refs/") or name in ("HEAD", "@"):
        raise RefNameMalformed(name=name.encode("ascii", "backslashreplace").decode()[:MAX_BYTES], field="name")
    return name


def _sound(name: str) -> bool:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    parts_sound = all(part and part[0] != "." and not part.endswith(".lock") for part in name.split("/"))
    return 0 < size <= MAX_BYTES and parts_sound and _ODD.search(name) is None and name[0] != "-" and name[-1] != "."


def candidates(revision: str) -> tuple[str, ...]:
    """Return the full ref names that a revision may mean, in the order in which they are tried."""
    if revision == "HEAD":
        return (BRANCHES + DEFAULT_BRANCH,)
    if revision.startswith("refs/"):
        return (revision,)
    return (BRANCHES + revision, TAGS + revision)


def short(ref: str) -> str:
    """Return what people call the ref: `main` for `refs/heads/main`."""
    return ref.removeprefix(BRANCHES).removeprefix(TAGS)
