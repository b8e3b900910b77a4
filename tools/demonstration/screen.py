"""Progress for people: numbered steps, what happens in them, how long each took; plain without a terminal."""

import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from tools.demonstration.words import say

WIDTH = 80


def width(text: str) -> int:
    """Return the columns that a text takes; wide letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def bold(text: str) -> str:
    """Return the text as a terminal prints it bold; unchanged where there is no terminal."""
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def line(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


class Screen:
    """Counts the steps and remembers the one that runs."""

    def __init__(self, steps: int) -> None:
        self.step = ""
        self._steps = steps
        self._done = 0

    @contextmanager
    def doing(self, step: str, about: str = "") -> Iterator[None]:
        """Announce a step, and say how long it took."""
        self.step = say(step)
        self._done += 1
        line(f"{bold(f'[{self._done}/{self._steps}] {self.step}')}{f'  {about}' if about else ''}")
        began = time.monotonic()
        yield
        line(f"    ✓ {time.monotonic() - began:.1f} s")

    @staticmethod
    def note(text: str) -> None:
        """Print a line that belongs to the step."""
        line(f"      {text}")


class Flow:
    """Prints words as they come, broken into lines at blanks."""

    def __init__(self, indent: str = "      ") -> None:
        self._indent = indent
        self._column = 0
        self._word = self._blank = ""

    def add(self, text: str) -> None:
        """Print what is complete of the text."""
        for letter in text:
            self._word += letter
            if letter.isspace() or width(letter) == 2:
                self._flush()

    def end(self) -> None:
        """Print the rest, and end the line."""
        self._flush()
        line()

    def _flush(self) -> None:
        word, self._word = self._word, ""
        shown = word.rstrip()
        if shown:
            self._print(shown)
        self._blank = " " if word != shown else ""
        if word.endswith("\n"):
            self._column = WIDTH

    def _print(self, word: str) -> None:
        if not self._column or self._column + len(self._blank) + width(word) > WIDTH:
            print(("\n" if self._column else "") + self._indent, end="")
            self._column, self._blank = len(self._indent), ""
        print(self._blank + word, end="", flush=True)
        self._column += len(self._blank) + width(word)
