"""What each parameter may be; a check returns the value that the engine is sent, or raises `RequestUnsound`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from modelyard.wire.openai.errors import RequestUnsound

Check: TypeAlias = Callable[[str, Any], object]
_LONGEST_NAME = 256
_MOST_TOKEN_ID = 2**31 - 1


def wrong(param: str, reason: str) -> RequestUnsound:
    """The failure of one parameter."""
    return RequestUnsound(field=param, param=param, reason=reason)


def number(least: float, most: float) -> Check:
    """A number within a range, so that it is finite."""

    def check(param: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong(param, "it must be a number.")
        if not least <= value <= most:
            raise wrong(param, f"it must be between {least:g} and {most:g}.")
        return value

    return check


def integer(least: int, most: int) -> Check:
    """An integer within a range."""

    def check(param: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(param, "it must be an integer.")
        if not least <= value <= most:
            raise wrong(param, f"it must be between {least} and {most}.")
        return value

    return check


def boolean(param: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(param, "it must be true or false.")
    return value


def text(param: str, value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise wrong(param, "it must be a string that is not empty.")
    return value


def name(param: str, value: object) -> str:
    """A string that can name something of ours; no database stores a zero character."""
    checked = text(param, value)
    if len(checked) > _LONGEST_NAME or "\0" in checked:
        raise wrong(param, f"it must be a name of at most {_LONGEST_NAME} characters.")
    return checked


def seed(param: str, value: object) -> int:
    """Any 64-bit integer; engines take 32 bits of it."""
    checked = integer(-(2**63), 2**63 - 1)(param, value)
    assert isinstance(checked, int)  # noqa: S101 - the type of the check above
    return checked % 2**32


def stop(param: str, value: object) -> list[str]:
    """One string or up to four."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or len(found) > 4 or not all(isinstance(each, str) and each for each in found):
        raise wrong(param, "it must be a string or a list of up to 4 strings that are not empty.")
    return found


def logit_bias(param: str, value: object) -> dict[str, float]:
    """Token ids with numbers from -100 to 100."""
    if not isinstance(value, dict) or len(value) > 1024 or not all(key.isdecimal() for key in value):
        raise wrong(param, "it must map token ids to numbers.")
    check = number(-100, 100)
    return {key: check(f"{param}.{key}", bias) for key, bias in value.items()}  # type: ignore[misc]  # as number says


def tool_choice(param: str, value: object) -> object:
    """None, auto, required, or one function."""
    if value in ("none", "auto", "required") or (isinstance(value, dict) and value.get("type") == "function"):
        return value
    raise wrong(param, "it must be none, auto, required or a function.")


def prompt(param: str, value: object) -> object:
    """One string or one list of token ids; a list around it is taken off."""
    one = value[0] if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], int) else value
    if isinstance(one, str) and one:
        return one
    if isinstance(one, list) and one and all(type(each) is int and 0 <= each <= _MOST_TOKEN_ID for each in one):
        return one
    raise wrong(param, "it must be one string or one list of token ids; send one request for each prompt.")
