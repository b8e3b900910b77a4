from hypothesis import given
from hypothesis import strategies as st

from modelyard.web import Point, charts

VALUES = st.lists(st.floats(min_value=-1e12, max_value=1e15, allow_nan=False), min_size=1, max_size=60)


def points(values: list[float]) -> list[Point]:
    return [Point(str(i), value, f"{value} calls") for i, value in enumerate(values)]


@given(VALUES)
def test_bars_stay_within_the_drawing_and_keep_their_order(values: list[float]) -> None:
    drawing = charts.bars(points(values))
    assert [mark.point.value for mark in drawing.marks] == values
    for mark in drawing.marks:
        assert 0 <= mark.x <= mark.x + mark.width <= charts.WIDTH + 0.02
        assert charts.TOP - 0.02 <= mark.y <= drawing.baseline
        assert abs(mark.y + mark.height - drawing.baseline) < 0.02


@given(VALUES)
def test_a_line_goes_through_every_point(values: list[float]) -> None:
    drawing = charts.line(points(values))
    assert drawing.path.count("L") == len(values) - 1
    assert all(charts.TOP - 0.02 <= mark.y <= drawing.baseline for mark in drawing.marks)


def test_heights_are_in_proportion_from_zero() -> None:
    one, two, none = charts.bars(points([100, 200, 0])).marks
    assert two.height == one.height * 2
    assert none.height == 0


def test_the_scale_ends_on_a_round_number() -> None:
    assert [value for _, value in charts.bars(points([2875])).grid] == [1500, 3000]
    assert [value for _, value in charts.bars(points([0])).grid] == [0.5, 1]


def test_a_sparkline_is_one_path() -> None:
    assert charts.spark([1, 2, 3]).startswith("M2.0 ")
    assert charts.spark([]) == ""
    assert charts.spark([0, 0]).count("22.0") == 2
