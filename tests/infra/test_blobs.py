"""The blob store on files: the shared suite, durability, full disks, leftovers."""

import hashlib
import multiprocessing
import os
import resource
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from modelyard.infra.blobs import Blob, FileBlobs, StorageFull
from modelyard.infra.blobs.disk import RealDisk
from tests.infra.blob_conformance import CONTENT, SHA, BlobStoreConformance, put

BIG = b"x" * (1 << 20)


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.name != "hold.lock"]


class TestFileBlobs(BlobStoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FileBlobs:
        return FileBlobs(tmp_path / "blobs")


class WatchedDisk(RealDisk):
    """The real disk, which also remembers what it did."""

    def __init__(self) -> None:
        self.did: list[tuple[str, str]] = []

    def sync_file(self, handle: int) -> None:
        self.did.append(("sync_file", Path(f"/proc/self/fd/{handle}").readlink().parent.name))
        super().sync_file(handle)

    def rename(self, source: Path, target: Path) -> None:
        self.did.append(("rename", target.name))
        super().rename(source, target)

    def make_directory(self, path: Path) -> None:
        self.did.append(("make", path.name))
        super().make_directory(path)

    def sync_directory(self, path: Path) -> None:
        self.did.append(("sync", path.name))
        super().sync_directory(path)


def test_a_commit_reaches_the_disk_in_the_right_order(tmp_path: Path) -> None:
    disk = WatchedDisk()
    store = FileBlobs(tmp_path / "blobs", disk=disk)
    disk.did.clear()
    put(store)
    first, second = SHA[:2], SHA[2:4]
    assert disk.did == [
        ("sync_file", "staging"),
        ("make", first),
        ("sync", "objects"),
        ("make", second),
        ("sync", first),
        ("rename", SHA),
        ("sync", second),
    ]


def test_content_that_was_there_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    disk = WatchedDisk()
    store = FileBlobs(tmp_path / "blobs", disk=disk)
    put(store)
    disk.did.clear()
    put(store)
    assert disk.did == [("sync_file", "staging"), ("sync", SHA[2:4])]


TRACED = """
    import os, sys
    from pathlib import Path
    calls = []
    fsync, rename = os.fsync, os.rename
    def watched_fsync(handle):
        calls.append("fsync " + os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)
    def watched_rename(source, target):
        calls.append(f"rename {target}")
        rename(source, target)
    os.fsync, os.rename = watched_fsync, watched_rename
    from modelyard.infra.blobs import FileBlobs
    root = Path(sys.argv[1])
    store = FileBlobs(root)
    calls.clear()
    with store.stage() as staging:
        staging.write(b"weights")
        blob = staging.commit()
    for call in calls:
        print(call.replace(str(root), "").replace(blob.sha256, "SHA"))
"""


def test_the_system_calls_are_really_made(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(TRACED), str(tmp_path / "blobs")]
    calls = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    sha = hashlib.sha256(b"weights").hexdigest()
    first, second = sha[:2], sha[2:4]
    assert calls[0].startswith("fsync /staging/")
    assert calls[1:] == [
        "fsync /objects",
        f"fsync /objects/{first}",
        f"rename /objects/{first}/{second}/SHA",
        f"fsync /objects/{first}/{second}",
    ]


@pytest.fixture
def small_files() -> Iterator[int]:
    """A limit of the operating system on the size of a file, which fails as a full disk does."""
    limit = 256 * 1024
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_beyond_the_limit_keeps_nothing(tmp_path: Path, small_files: int) -> None:
    store = FileBlobs(tmp_path / "blobs")
    with pytest.raises(StorageFull), store.stage() as staging:
        staging.write(BIG)
    assert files_below(tmp_path) == []
    assert put(store, b"x" * small_files).size == small_files


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system; the size limit above covers the same path")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_nothing_and_works_again_when_there_is_room(tiny_disk: Path) -> None:
    store = FileBlobs(tiny_disk / "blobs")
    with pytest.raises(StorageFull), store.stage() as staging:
        staging.write(BIG)
    assert files_below(tiny_disk) == []
    assert store.stat(put(store, BIG[: 100 * 1024]).sha256)


def test_a_disk_without_room_for_a_name(tiny_disk: Path) -> None:
    store = FileBlobs(tiny_disk / "blobs")
    filler = tiny_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(BIG)
    with pytest.raises(StorageFull):
        put(store)
    filler.unlink()
    assert store.stat(put(store).sha256)


def test_damaged_content_is_replaced_by_a_good_copy(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path / "blobs")
    put(store)
    store.path(SHA).chmod(0o600)
    store.path(SHA).write_bytes(b"cut")
    put(store)
    assert store.path(SHA).read_bytes() == CONTENT


def test_stored_content_is_read_only(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path / "blobs")
    put(store)
    assert store.path(SHA).stat().st_mode & 0o777 == 0o440


def _die_while_staging(root: Path, told: Event) -> None:
    staging = FileBlobs(root).stage()
    staging.write(BIG)
    told.set()
    os._exit(1)


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    root = tmp_path / "blobs"
    context = multiprocessing.get_context("spawn")
    told = context.Event()
    child = context.Process(target=_die_while_staging, args=(root, told))
    child.start()
    child.join(30)
    assert told.is_set()
    assert len(files_below(root)) == 1
    with FileBlobs(root).stage() as staging:
        assert len(files_below(root)) == 1  # the dead one's went, ours came
        staging.write(CONTENT)
        FileBlobs(root)
        assert staging.commit() == Blob(SHA, len(CONTENT))
