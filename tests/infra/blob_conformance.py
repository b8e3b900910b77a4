"""What every `BlobStore` must do. A test module of an implementation subclasses this and offers a `store` fixture."""

import hashlib
import threading

import pytest

from modelyard.infra.blobs import (
    Blob,
    BlobNotFound,
    BlobStore,
    DeletionsHeld,
    DigestMismatch,
    InvalidDigest,
    SizeMismatch,
)

CONTENT = b"weights" * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()
ABSENT = "0" * 64


def put(store: BlobStore, content: bytes = CONTENT) -> Blob:
    with store.stage() as staging:
        staging.write(content)
        return staging.commit()


class BlobStoreConformance:
    """The shared suite; `store` must be empty."""

    def test_what_was_committed_can_be_read(self, store: BlobStore) -> None:
        assert put(store) == Blob(SHA, len(CONTENT))
        assert store.stat(SHA) == Blob(SHA, len(CONTENT))
        with store.open(SHA) as file:
            file.seek(7)
            assert file.read() == CONTENT[7:]

    def test_a_local_path_holds_the_content(self, store: BlobStore) -> None:
        put(store)
        path = store.path(SHA)
        assert path is None or path.read_bytes() == CONTENT

    def test_digest_and_size_grow_with_the_content(self, store: BlobStore) -> None:
        with store.stage() as staging:
            assert (staging.size, staging.sha256) == (0, hashlib.sha256(b"").hexdigest())
            staging.write(CONTENT[:10])
            staging.write(memoryview(CONTENT)[10:])
            assert (staging.size, staging.sha256) == (len(CONTENT), SHA)

    def test_empty_content_is_content(self, store: BlobStore) -> None:
        blob = put(store, b"")
        assert blob.size == 0
        with store.open(blob.sha256) as file:
            assert file.read() == b""

    def test_what_was_announced_rightly_is_kept(self, store: BlobStore) -> None:
        with store.stage() as staging:
            staging.write(CONTENT)
            assert staging.commit(expected_sha256=SHA, expected_size=len(CONTENT)).sha256 == SHA

    def test_a_wrong_digest_keeps_nothing(self, store: BlobStore) -> None:
        with store.stage() as staging:
            staging.write(CONTENT)
            with pytest.raises(DigestMismatch) as refused:
                staging.commit(expected_sha256=ABSENT)
        assert refused.value.data == {"expected": ABSENT, "actual": SHA}
        assert list(store.iter()) == []

    def test_a_cut_upload_keeps_nothing(self, store: BlobStore) -> None:
        with store.stage() as staging:
            staging.write(CONTENT[:100])
            with pytest.raises(SizeMismatch) as refused:
                staging.commit(expected_size=len(CONTENT))
        assert refused.value.data == {"expected": len(CONTENT), "actual": 100}
        assert list(store.iter()) == []

    def test_nothing_is_visible_before_the_commit(self, store: BlobStore) -> None:
        with store.stage() as staging:
            staging.write(CONTENT)
            assert store.stat(SHA) is None
            assert list(store.iter()) == []

    def test_leaving_the_block_discards(self, store: BlobStore) -> None:
        with store.stage() as staging:
            staging.write(CONTENT)
        assert list(store.iter()) == []
        with pytest.raises(ValueError):
            staging.commit()

    def test_discarding_after_a_commit_is_harmless(self, store: BlobStore) -> None:
        with store.stage() as staging:
            staging.write(CONTENT)
            staging.commit()
            staging.discard()
        assert store.stat(SHA)

    def test_the_same_content_twice_is_one_blob(self, store: BlobStore) -> None:
        assert put(store) == put(store)
        assert list(store.iter()) == [Blob(SHA, len(CONTENT))]

    def test_the_same_content_at_the_same_time_is_one_blob(self, store: BlobStore) -> None:
        threads = [threading.Thread(target=put, args=(store,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert list(store.iter()) == [Blob(SHA, len(CONTENT))]
        with store.open(SHA) as file:
            assert file.read() == CONTENT

    def test_content_that_is_absent(self, store: BlobStore) -> None:
        assert store.stat(ABSENT) is None
        assert store.delete(ABSENT) is False
        with pytest.raises(BlobNotFound):
            store.open(ABSENT)
        with pytest.raises(BlobNotFound):
            store.path(ABSENT)

    def test_deletion(self, store: BlobStore) -> None:
        put(store)
        assert store.delete(SHA) is True
        assert store.stat(SHA) is None

    def test_a_reader_keeps_what_is_deleted_under_it(self, store: BlobStore) -> None:
        put(store)
        with store.open(SHA) as file:
            store.delete(SHA)
            assert file.read() == CONTENT

    def test_nothing_is_deleted_while_deletions_are_held(self, store: BlobStore) -> None:
        put(store)
        with store.hold_deletions():
            with pytest.raises(DeletionsHeld):
                store.delete(SHA)
            put(store, b"uploads go on")
        assert store.delete(SHA) is True

    def test_all_content_in_order_of_digest(self, store: BlobStore) -> None:
        blobs = [put(store, str(number).encode()) for number in range(50)]
        assert list(store.iter()) == sorted(blobs, key=lambda blob: blob.sha256)

    @pytest.mark.parametrize(
        "text",
        ["", "a" * 63, "A" * 64, "g" * 64, "../" * 22, "/etc/passwd", "a" * 64 + "\n", "١" * 64, "a" * 63 + "\0"],
    )
    def test_what_is_no_digest_reaches_no_storage(self, store: BlobStore, text: str) -> None:
        for verb in (store.stat, store.path, store.open, store.delete):
            with pytest.raises(InvalidDigest):
                verb(text)
        with store.stage() as staging, pytest.raises(InvalidDigest):
            staging.commit(expected_sha256=text)
