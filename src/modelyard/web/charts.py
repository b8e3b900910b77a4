"""Charts as geometry: bars, lines and sparklines laid out here, drawn as SVG by the macros, no script needed.

The drawing is stretched to the width of its column, so it holds no text: labels are HTML around it. The grid always
stands at half and at the whole of the scale, where the stylesheet puts its labels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 4, 4, 20, 0
_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Point:
    """One figure: what it is for, the figure, and the figure in words with its unit."""

    label: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point placed on the drawing, in its own units; bars use width and height."""

    x: float
    y: float
    width: float
    height: float
    point: Point


@dataclass(frozen=True, slots=True)
class Drawing:
    """A laid-out chart: marks, horizontal grid lines as (y, value), and the path of a line through the marks."""

    width: int
    height: int
    baseline: float
    marks: tuple[Mark, ...]
    grid: tuple[tuple[float, float], ...]
    path: str


def bars(points: Sequence[Point]) -> Drawing:
    """Lay out one bar a point from a zero line; negative values are drawn as zero."""
    top, baseline, slot = _top(points), HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / max(1, len(points))
    gap = min(slot * 0.4, 28)
    marks = []
    for index, point in enumerate(points):
        tall = round(max(0.0, point.value) / top * (baseline - TOP), 2)
        x, y = round(LEFT + index * slot + gap / 2, 2), round(baseline - tall, 2)
        marks.append(Mark(x, y, round(slot - gap, 2), tall, point))
    return Drawing(WIDTH, HEIGHT, baseline, tuple(marks), _grid(top, baseline), "")


def line(points: Sequence[Point]) -> Drawing:
    """Lay out a line through the points, from a zero line."""
    top, baseline = _top(points), HEIGHT - BOTTOM
    step = (WIDTH - LEFT - RIGHT) / max(1, len(points) - 1)
    marks = tuple(
        Mark(round(LEFT + i * step, 2), round(baseline - max(0.0, p.value) / top * (baseline - TOP), 2), 0, 0, p)
        for i, p in enumerate(points)
    )
    return Drawing(WIDTH, HEIGHT, baseline, marks, _grid(top, baseline), _path(marks))


def spark(values: Sequence[float], width: int = 96, height: int = 24) -> str:
    """Return the path of a small line without axes, two units inside the box."""
    top = max([*values, 0]) or 1
    step = (width - 4) / max(1, len(values) - 1)
    return "".join(
        f"{'L' if i else 'M'}{2 + i * step:.1f} {height - 2 - max(0.0, v) / top * (height - 4):.1f}"
        for i, v in enumerate(values)
    )


def _path(marks: Sequence[Mark]) -> str:
    return "".join(f"{'L' if i else 'M'}{mark.x} {mark.y}" for i, mark in enumerate(marks))


def _top(points: Sequence[Point]) -> float:
    highest = max([p.value for p in points] + [0])
    if highest <= 0:
        return 1.0
    power = math.pow(10, math.floor(math.log10(highest)))
    return next(step * power for step in _STEPS if step * power >= highest * 0.9999)


def _grid(top: float, baseline: float) -> tuple[tuple[float, float], ...]:
    return tuple((round(baseline - share * (baseline - TOP), 2), top * share) for share in (0.5, 1.0))
