"""Git LFS: the batch API and the basic transfer (git-lfs specification, api/batch.md and api/basic-transfers.md).

A batch answers with signed addresses that need no other credentials, since clients send none there. Uploads are
streamed into staging, hashed on the way, and exist only once their SHA-256 and size were found right.
"""

from modelyard.wire.lfs.routes import build_routes

__all__ = ["build_routes"]
