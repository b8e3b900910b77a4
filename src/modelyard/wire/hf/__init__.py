"""The API of the Hugging Face Hub, as its clients speak it: `huggingface_hub`, `transformers`, `datasets`, `hf`.

Every answer carries what those clients read: `X-Error-Code` on failures, `X-Repo-Commit` and a strong `ETag` on files,
absolute links for the next page. Nothing redirects. Links are built from the public URL and from nothing else.
"""

from modelyard.wire.hf.errors import PREFIXES, face
from modelyard.wire.hf.routes import build_routes

__all__ = ["PREFIXES", "build_routes", "face"]
