"""Changes on trees, where the whole tree or a file in a folder's place is meant."""

import pytest

from modelyard.hub.errors import PathConflict
from modelyard.hub.rules.changes import Change, DeleteFile, DeleteFolder, Draft, Missing, Outcome, Put
from modelyard.hub.rules.objects import Oid, blob_id
from modelyard.hub.rules.trees import EMPTY, Entry, Mode, decode


def put(path: str, mode: Mode = Mode.FILE) -> Put:
    return Put(path, Entry(path, mode, blob_id(path.encode()), len(path)))


class Trees:
    """Applies changes, and keeps the trees that come of it."""

    def __init__(self) -> None:
        self._kept: dict[Oid, tuple[Entry, ...]] = {}

    def apply(self, root: Oid, *changes: Change) -> Outcome:
        outcome = Draft(root, self._kept.__getitem__).apply(changes)
        self._kept.update({tree.oid: tuple(decode(tree.body, tree.notes)) for tree in outcome.trees})
        return outcome

    def names(self, outcome: Outcome) -> list[str]:
        return [entry.name for entry in self._kept[outcome.root]]


def test_all_can_be_taken_away_and_put_back() -> None:
    trees = Trees()
    full = trees.apply(EMPTY.oid, put("a/b"), put("c"))
    assert full.size == len("a/b") + len("c")
    empty = trees.apply(full.root, DeleteFolder(""))
    assert (empty.root, empty.size, trees.names(empty)) == (EMPTY.oid, 0, [])
    again = trees.apply(full.root, DeleteFolder(""), put("a/b"), put("c"))
    assert again.root == full.root


def test_a_folder_without_files_is_no_folder() -> None:
    trees = Trees()
    full = trees.apply(EMPTY.oid, put("a/b/c"))
    assert trees.names(trees.apply(full.root, DeleteFile("a/b/c"), put("a"))) == ["a"]
    with pytest.raises(Missing):
        trees.apply(full.root, DeleteFile("a/b/c"), DeleteFolder("a"))
    with pytest.raises(Missing):
        trees.apply(full.root, DeleteFile("a/x/c"))


def test_a_file_is_in_the_way_of_what_is_below_it() -> None:
    trees = Trees()
    full = trees.apply(EMPTY.oid, put("a"))
    with pytest.raises(PathConflict):
        trees.apply(full.root, DeleteFile("a/b"))


def test_an_executable_stays_one() -> None:
    trees = Trees()
    first = trees.apply(EMPTY.oid, put("run", Mode.EXECUTABLE))
    second = trees.apply(first.root, Put("run", Entry("run", Mode.FILE, blob_id(b"new"), 3)))
    (tree,) = second.trees
    assert [entry.mode for entry in decode(tree.body, tree.notes)] == [Mode.EXECUTABLE]
    assert second.changed == {"run"}
