"""What is installed is what was tested: every lock is pinned, hashed, and agrees with the others and with pyproject.

One lock that lags behind installs two versions of a package in turn, and the last command decides which is tested.
"""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT, text, verdict

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(
    r"^([a-z0-9._-]+)(?:\[[\w,-]+\])?==(\S+) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_and_hashed(lock: Path) -> None:
    lines = [line for line in text(lock).splitlines() if line and not line.startswith((" ", "#"))]
    assert len(lines) == len(_pins(lock)) > 0


def test_the_locks_agree() -> None:
    everything = _pins(ROOT / "requirements" / "dev.txt")
    offences = [
        f"{lock.name}: {name} {version}, dev.txt: {everything.get(name)}"
        for lock in LOCKS
        if lock.name != "model.txt"  # a file that is downloaded and never installed
        for name, version in _pins(lock).items()
        if everything.get(name) != version
    ]
    verdict(offences, "Run `make lock`.")


def test_the_lock_satisfies_what_is_declared() -> None:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))
    declared = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    declared += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    declared += [name for group in project["dependency-groups"].values() for name in group if isinstance(name, str)]
    pins = _pins(ROOT / "requirements" / "dev.txt")
    wishes = [Requirement(line) for line in declared]
    verdict([str(wish) for wish in wishes if not _satisfied(wish, pins)], "Run `make lock`.")


def _satisfied(wish: Requirement, pins: dict[str, str]) -> bool:
    version = pins.get(canonicalize_name(wish.name))
    return version is not None and wish.specifier.contains(version)


def _pins(lock: Path) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version, _ in PIN.findall(text(lock) + "\n")}
