from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from modelyard.infra import Catalogs
from modelyard.kernel import CURRENCIES, ManualClock, Money
from modelyard.web.formats import Formats, hue


@pytest.fixture
def en(catalogs: Catalogs, clock: ManualClock) -> Formats:
    return Formats("en", catalogs, clock)


@pytest.fixture
def zh(catalogs: Catalogs, clock: ManualClock) -> Formats:
    return Formats("zh", catalogs, clock)


@pytest.mark.parametrize(
    ("text", "code", "english", "chinese"),
    [
        ("0.005", "CNY", "CN¥0.005", "¥0.005"),
        ("1234.5", "USD", "$1,234.50", "US$1,234.50"),
        ("-12.5", "EUR", "-€12.50", "-€12.50"),
        ("0.000000001", "USD", "$0.000000001", "US$0.000000001"),
        ("9000", "JPY", "¥9,000", "JP¥9,000"),
    ],
)
def test_money_is_exact_and_names_its_currency(
    en: Formats, zh: Formats, text: str, code: str, english: str, chinese: str
) -> None:
    amount = Money.parse(text, CURRENCIES[code])
    assert (en.money(amount), zh.money(amount)) == (english, chinese)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (144811072, "144.81 MB"), (5 * 10**12, "5 TB"), (10**19, "10,000 PB")],
)
def test_sizes_are_decimal_as_on_other_hubs(en: Formats, size: int, words: str) -> None:
    assert en.bytes(size) == words


def test_counts_carry_their_unit(en: Formats, zh: Formats) -> None:
    assert [en.tokens(n) for n in (1, 1234)] == ["1 token", "1,234 tokens"]
    assert zh.tokens(1234) == "1,234 token"
    assert (en.compact(12345), zh.compact(12345)) == ("12.3K", "1.2万")
    assert en.number(Decimal("1234567.5")) == "1,234,567.5"
    assert en.percent(Decimal("0.125")) == "12.5%"
    assert en.percent(Decimal("0.5"), 0) == "50%"


def test_an_age_keeps_the_exact_instant(en: Formats, zh: Formats, clock: ManualClock) -> None:
    then = clock.now() - timedelta(hours=3)
    assert en.age(then) == (
        '<time datetime="2025-12-31T21:00:00Z" title="Dec 31, 2025, 9:00:00\u202fPM UTC">3 hours ago</time>'
    )
    assert "3小时前" in zh.age(then)


def test_moments_are_told_in_utc_whatever_zone_they_came_in(en: Formats) -> None:
    shanghai = datetime(2026, 1, 2, 7, 30, tzinfo=timezone(timedelta(hours=8)))
    told = en.moment(shanghai)
    assert 'datetime="2026-01-01T23:30:00Z"' in told
    assert "Jan 1, 2026" in told
    assert "UTC" in told
    assert en.day(datetime(2026, 1, 2, tzinfo=UTC)) == "Jan 2, 2026"


def test_identifiers_get_their_usual_names(en: Formats, zh: Formats) -> None:
    name = en.filters()["license"]
    assert [name("apache-2.0"), name("Apache-2.0"), name("own-terms")] == ["Apache 2.0", "Apache 2.0", "own-terms"]
    assert (en.task("text-generation"), zh.task("text-generation"), zh.task("juggling")) == (
        "Text generation",
        "文本生成",
        "juggling",
    )


def test_a_name_keeps_its_color() -> None:
    assert hue("acme") == hue("acme")
    assert {hue(chr(97 + i)) for i in range(8)} == set(range(8))
