"""What a commit does to the files: operations in order, applied to a tree without reading what they do not touch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from modelyard.hub.errors import PathConflict
from modelyard.hub.rules.objects import Oid
from modelyard.hub.rules.trees import EMPTY, Entry, Mode, Tree, encode

Load = Callable[[Oid], Iterable[Entry]]
"""Return the entries of a folder that exists, by its id."""


@dataclass(frozen=True, slots=True)
class Put:
    """Make the path hold this content; `entry.name` is not used. An existing file keeps its mode."""

    path: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """Remove one file."""

    path: str


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Remove a folder and all below it; an empty path is the whole tree."""

    path: str


Change = Put | DeleteFile | DeleteFolder


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new root, the trees to store, and every path whose entry changed (files and folders)."""

    root: Oid
    size: int
    trees: tuple[Tree, ...]
    changed: frozenset[str]


class Missing(Exception):
    """A change names a path that is not there; the service knows the words for it."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


@dataclass(slots=True)
class _Folder:
    """A folder that is being changed: its entries, the folders opened below it, and what it was."""

    entries: dict[str, Entry]
    before: dict[str, Entry]
    opened: dict[str, "_Folder"] = field(default_factory=dict)


class Draft:
    """A tree with changes on top of it; only the folders on the way to a change are read."""

    def __init__(self, root: Oid, load: Load) -> None:
        self._load = load
        self._base = root
        self._root = self._read(root)

    def apply(self, changes: Sequence[Change]) -> Outcome:
        """Apply the changes in order; a later one wins over an earlier one of the same path.

        Raises Missing for a deletion of what is not there, PathConflict where a file stands in a folder's place.
        """
        for change in changes:
            self._one(change)
        trees: list[Tree] = []
        changed: set[str] = set()
        root = self._seal(self._root, "", trees, changed)
        fresh = {tree.oid: tree for tree in trees if tree.body or tree is root}
        return Outcome(root.oid, root.size, tuple(fresh.values()), frozenset(changed))

    def _one(self, change: Change) -> None:
        match change:
            case Put(path, entry):
                self._put(path, entry)
            case DeleteFile(path):
                self._delete(path, folder=False)
            case DeleteFolder(""):
                self._root.entries, self._root.opened = {}, {}
            case DeleteFolder(path):
                self._delete(path, folder=True)

    def _put(self, path: str, entry: Entry) -> None:
        *parents, name = path.split("/")
        folder = self._open(parents, create=True)
        present = _standing(folder, name)
        if present is not None and present.is_folder:
            raise PathConflict(path=path, field="path")
        folder.opened.pop(name, None)
        mode = Mode.EXECUTABLE if present is not None and present.mode is Mode.EXECUTABLE else entry.mode
        folder.entries[name] = entry._replace(name=name, mode=mode)

    def _delete(self, path: str, *, folder: bool) -> None:
        *parents, name = path.split("/")
        parent = self._open(parents, create=False)
        present = _standing(parent, name)
        if present is None or present.is_folder != folder:
            raise Missing(path)
        del parent.entries[name]
        parent.opened.pop(name, None)

    def _open(self, parents: Sequence[str], *, create: bool) -> _Folder:
        folder = self._root
        for depth, name in enumerate(parents):
            if name not in folder.opened:
                present = folder.entries.get(name)
                where = "/".join(parents[: depth + 1])
                if present is None and not create:
                    raise Missing(where)
                if present is not None and not present.is_folder:
                    raise PathConflict(path=where, field="path")
                folder.opened[name] = self._read(present.oid if present else EMPTY.oid)
                folder.entries[name] = Entry(name, Mode.FOLDER, present.oid if present else EMPTY.oid, 0)
            folder = folder.opened[name]
        return folder

    def _read(self, oid: Oid) -> _Folder:
        before = {} if oid == EMPTY.oid else {entry.name: entry for entry in self._load(oid)}
        return _Folder(dict(before), before)

    def _seal(self, folder: _Folder, where: str, trees: list[Tree], changed: set[str]) -> Tree:
        for name, child in folder.opened.items():
            tree = self._seal(child, f"{where}{name}/", trees, changed)
            if child.entries:
                folder.entries[name] = Entry(name, Mode.FOLDER, tree.oid, tree.size)
            else:
                del folder.entries[name]
        self._note_changes(folder, where, changed)
        tree = encode(folder.entries.values())
        trees.append(tree)
        return tree

    def _note_changes(self, folder: _Folder, where: str, changed: set[str]) -> None:
        for name in folder.before.keys() | folder.entries.keys():
            if folder.before.get(name) != folder.entries.get(name):
                changed.add(where + name)


def _standing(folder: _Folder, name: str) -> Entry | None:
    """Return what stands under a name; a folder of which every file was taken away does not stand any more."""
    entry, child = folder.entries.get(name), folder.opened.get(name)
    emptied = child is not None and all(_standing(child, below) is None for below in child.entries)
    return None if emptied else entry
