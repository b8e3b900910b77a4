"""What is documented is tested; what is derivable is generated.

A reference written by hand is right on the day it is written. Ours is written by `make reference`; stale pages fail.
"""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.source import ROOT, text, tracked, verdict
from tools import reference

DOCS = ROOT / "docs"
ADR_PARTS = ["## Context", "## Decision", "## Consequences"]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?://|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_the_reference_says_what_the_code_says(name: str) -> None:
    written = (reference.FOLDER / name).read_text(encoding="utf-8")
    stale = [name] if written != reference.render(name) else []
    verdict(stale, "Run `make reference` and commit what it writes.")


def test_every_document_is_listed_in_the_index() -> None:
    index = text(DOCS / "README.md")
    pages = [path.relative_to(DOCS).as_posix() for path in tracked(".md") if path.is_relative_to(DOCS)]
    verdict([page for page in pages if page != "README.md" and f"({page})" not in index], "Link it in docs/README.md.")


def test_every_link_between_documents_leads_somewhere() -> None:
    offences = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked(".md")
        if path.is_relative_to(DOCS) or path.parent == ROOT
        for target in LINK.findall(text(path))
        if not (path.parent / target).exists()
    ]
    verdict(offences, "Mend the link.")


@pytest.mark.parametrize("record", sorted(DOCS.glob("adr/[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_record_is_one_page_in_three_parts(record: Path) -> None:
    lines = text(record).splitlines()
    assert [line for line in lines if line.startswith("## ")] == ADR_PARTS
    assert len(lines) <= 60


def test_decision_records_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted(DOCS.glob("adr/[0-9]*.md"))]
    assert numbers == list(range(len(numbers)))


def test_every_make_target_explains_itself() -> None:
    targets = re.findall(r"^\.PHONY: ([a-z]+)$", text(ROOT / "Makefile"), re.MULTILINE)
    offences = [name for name in targets if not re.search(rf"^{name}:.*## \w", text(ROOT / "Makefile"), re.MULTILINE)]
    verdict(offences, "`make help` prints what stands after ##.")


def test_every_dependency_has_a_reason_and_a_license() -> None:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))
    declared = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    declared += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    declared += [name for group in project["dependency-groups"].values() for name in group if isinstance(name, str)]
    names = sorted({re.split(r"[\[<>=~! ]", requirement)[0] for requirement in declared})
    listed = text(DOCS / "dependencies.md")
    verdict([name for name in names if f"| {name} |" not in listed], "Add its row to docs/dependencies.md.")
