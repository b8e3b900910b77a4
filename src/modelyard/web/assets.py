"""Stylesheets and modules, held in memory and served under the digest of them all.

The address changes with any byte of any file, so browsers keep a file for a year; modules import each other by
relative path and need no import map.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class _File:
    plain: bytes
    packed: bytes
    media_type: str


class Assets:
    """The files below one folder, by their relative path."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            str(path.relative_to(folder)): _read(path) for path in sorted(folder.rglob("*")) if path.is_file()
        }
        everything = hashlib.sha256()
        for name, file in self._files.items():
            everything.update(name.encode() + b"\0" + file.plain + b"\0")
        self.digest = everything.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file; raises KeyError at once for one that does not exist."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def route(self) -> Route:
        """Return the route that serves every file; an old digest gets today's file, kept for a minute only."""
        return Route("/static/{digest}/{name:path}", self._serve, name="static")

    async def _serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return PlainTextResponse("There is no such file.\n", status_code=404)
        fresh = request.path_params["digest"] == self.digest
        headers = {"Cache-Control": _FOREVER if fresh else _BRIEFLY, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.packed, media_type=file.media_type, headers=headers)
        return Response(file.plain, media_type=file.media_type, headers=headers)


def _read(path: Path) -> _File:
    plain = path.read_bytes()
    media_type = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    return _File(plain, gzip.compress(plain, mtime=0), media_type or "application/octet-stream")
