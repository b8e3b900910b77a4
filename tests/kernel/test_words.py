from datetime import UTC, datetime, timedelta

import pytest

from modelyard.kernel import InvalidInput, ManualClock, Page, Period, is_id
from modelyard.kernel.errors import fill


def test_an_error_fills_its_sentence_and_keeps_its_data() -> None:
    error = InvalidInput(field="name", name="name", reason="it is empty")
    assert str(error) == "name is not valid: it is empty"
    assert (error.field, error.data["reason"], error.code) == ("name", "it is empty", "invalid_input")


def test_a_brace_without_data_stays_and_raises_nothing() -> None:
    assert fill("{known} and {unknown}", {"known": 1}) == "1 and {unknown}"


def test_a_manual_clock_moves_only_forward() -> None:
    clock = ManualClock()
    start = clock.now()
    assert clock.advance(timedelta(hours=1)) - start == timedelta(hours=1)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))


def test_months_are_chained_and_half_open() -> None:
    december, january = Period.month(2025, 12), Period.month(2026, 1)
    assert december.end == january.start
    assert january.start in january
    assert january.end not in january


def test_a_period_needs_aware_ordered_instants() -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="end after"):
        Period(instant, instant)
    with pytest.raises(ValueError, match="aware"):
        Period(datetime(2026, 1, 1), instant)  # noqa: DTZ001 - the naive one is the subject


def test_ids_are_told_by_prefix_and_shape() -> None:
    assert is_id("dep_" + "0" * 26, "dep")
    assert not is_id("dep_" + "0" * 26, "inv")
    assert not is_id("dep_" + "u" * 26, "dep")


def test_a_page_ends_where_no_cursor_is() -> None:
    assert Page([1]).next is None
