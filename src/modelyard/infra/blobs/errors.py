"""What can go wrong with a blob."""

from modelyard.kernel import N_, DomainError, Kind


class StorageFull(DomainError):
    """The disk took no more; nothing of the upload is left."""

    code = "storage_full"
    kind = Kind.UNAVAILABLE
    sentence = N_("The storage is full.")
    hint = N_("Nothing was kept. The operator must free space or add a disk; then send the file again.")


class DigestMismatch(DomainError):
    """The content's sha256 is another one than was announced."""

    code = "digest_mismatch"
    kind = Kind.INVALID
    sentence = N_("The content's sha256 is {actual}, not {expected}.")
    hint = N_("Nothing was kept. The file was damaged on its way or announced wrongly; send it again.")


class SizeMismatch(DomainError):
    """The content's length in bytes is another one than was announced."""

    code = "size_mismatch"
    kind = Kind.INVALID
    sentence = N_("The content has {actual} bytes, not {expected}.")
    hint = N_("Nothing was kept. The upload was cut off or announced wrongly; send the file again.")


class InvalidDigest(DomainError):
    """A digest is not 64 lower-case hexadecimal digits."""

    code = "invalid_digest"
    kind = Kind.INVALID
    sentence = N_("A sha256 has 64 lower-case hexadecimal digits.")
    hint = N_("Send the sha256 of the file's content.")


class BlobNotFound(DomainError):
    """The store has no such content."""

    code = "blob_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no content with sha256 {sha256}.")
    hint = N_("Upload the file first.")


class DeletionsHeld(DomainError):
    """A backup is reading the store, so that nothing may be deleted for now."""

    code = "deletions_held"
    kind = Kind.UNAVAILABLE
    sentence = N_("A backup is running, so that no stored file can be deleted.")
    hint = N_("Try again when the backup has finished.")
