"""Big files, addressed by the sha256 of their content.

A file is staged, verified and committed; until the commit nothing can see it, and after it the content never changes,
so that a reader may map it without a lock. The order of a commit is: write, fsync the file, rename, fsync the
directories; only then may a row that mentions the blob be committed. So a row never names a blob that is not there.

The store knows nothing of repositories and rights, and it builds no path from anything but 64 hexadecimal digits.
"""

from modelyard.infra.blobs.errors import (
    BlobNotFound,
    DeletionsHeld,
    DigestMismatch,
    InvalidDigest,
    SizeMismatch,
    StorageFull,
)
from modelyard.infra.blobs.files import FileBlobs
from modelyard.infra.blobs.port import Blob, BlobStore, Staging, digest

__all__ = [
    "Blob",
    "BlobNotFound",
    "BlobStore",
    "DeletionsHeld",
    "DigestMismatch",
    "FileBlobs",
    "InvalidDigest",
    "SizeMismatch",
    "Staging",
    "StorageFull",
    "digest",
]
