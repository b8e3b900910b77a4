"""Free text that people type: one line, without what no database or terminal should be given."""


def one_line(text: str) -> str:
    """Return the text with single spaces, and without control characters and broken surrogates."""
    return " ".join("".join(char for char in text if char.isprintable() or char.isspace()).split())


def storable(text: str) -> str:
    """Return a text for which a database can be asked: PostgreSQL takes no NUL, and no encoding a lone surrogate."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
