"""Absolute links, built from the public address alone: the Host header decides nothing."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Links:
    """Turns paths into absolute links below one public address such as `https://models.example.org`."""

    public_url: str

    def absolute(self, path: str, **query: str) -> str:
        """Return the absolute link of a path that starts with a slash; the path is percent-encoded where it must be."""
        tail = "?" + urlencode(query) if query else ""
        return self.public_url.rstrip("/") + quote(path, safe="/:@!$&'()*+,;=~%") + tail

    @property
    def secure(self) -> bool:
        """Tell whether cookies may be marked Secure, since people come over https."""
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        """Return the public host and port, as a Host header would carry them."""
        return urlsplit(self.public_url).netloc

    @property
    def origin(self) -> str:
        """Return scheme, host and port, as an Origin header would carry them."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"


def local_path(wish: str, *, otherwise: str = "/") -> str:
    """Return the wish if it is a path on this site, so that no `next=` field sends a person elsewhere.

    local_path("/models?q=a")     # itself
    local_path("//evil.example")  # otherwise; browsers read a backslash as a slash
    """
    plain = wish.startswith("/") and not wish.startswith(("//", "/\\")) and wish.isprintable()
    return wish if plain else otherwise


def here(request: Request, **changes: object) -> str:
    """Return this page's path with its query changed; None removes a parameter, and a list repeats it."""
    query: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        query.setdefault(key, []).append(value)
    for key, change in changes.items():
        query.pop(key, None)
        if isinstance(change, list | tuple):
            query[key] = [str(item) for item in change]
        elif change not in (None, ""):
            query[key] = [str(change)]
    tail = urlencode(query, doseq=True)
    return request.url.path + ("?" + tail if tail else "")
