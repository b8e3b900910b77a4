import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modelyard.infra import Catalogs, Settings, from_micros, load_secret_key, mint, negotiate, to_micros
from modelyard.kernel import InvalidInput, ManualClock, is_id


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive by contract
def test_instants_keep_their_microseconds(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_micros(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive one is the subject


def test_ids_sort_by_time_and_never_repeat(clock: ManualClock) -> None:
    minted = []
    for _ in range(100):
        minted.append(mint("dep", clock))
        clock.advance(timedelta(milliseconds=1))
    assert minted == sorted(minted)
    assert len(set(minted)) == 100
    assert all(is_id(one, "dep") for one in minted)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_TRUSTED_PROXIES", "10.0.0.0/8, ::1/128")
    monkeypatch.setenv("MODELYARD_PUBLIC_URL", "https://hub.example.org/")
    settings = Settings()
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.origin == "https://hub.example.org"


def test_without_a_public_url_links_point_at_the_bind() -> None:
    assert Settings(port=8123).origin == "http://127.0.0.1:8123"


def test_a_public_url_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValidationError, match="http"):
        Settings(public_url="hub.example.org")


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert re.search(r"\.$", field.description), name


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = load_secret_key(tmp_path / "data"), load_secret_key(tmp_path / "data")
    assert first.derive("a") == second.derive("a") != first.derive("b")
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_signature_serves_one_purpose_and_one_message(tmp_path: Path) -> None:
    key = load_secret_key(tmp_path)
    signature = key.sign("lfs", b"message")
    assert key.verify("lfs", b"message", signature)
    assert not key.verify("reset", b"message", signature)
    assert not key.verify("lfs", b"other", signature)
    assert not key.verify("lfs", b"message", "ünfug")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh;q=0.9", "zh"),
        ("fr, de", "en"),
        ("zh;q=0, en", "en"),
        ("zh;q=nonsense", "en"),
        ("zh-Hant;level=1", "zh"),
    ],
)
def test_the_language_that_the_reader_likes_best_is_chosen(header: str, locale: str) -> None:
    assert negotiate(header) == locale


def test_a_sentence_is_translated_and_filled() -> None:
    error = InvalidInput(field="name", name="名称", reason="empty")
    catalogs = Catalogs({"zh": {error.sentence: ("{name}无效：{reason}",)}})
    assert catalogs.sentence("zh", error) == "名称无效：empty"
    assert catalogs.sentence("en", error) == "名称 is not valid: empty"
    assert catalogs.hint("zh", error) == error.hint


def test_counted_sentences_have_their_form() -> None:
    catalogs = Catalogs({"zh": {"{n} file": ("{n} 个文件",)}})
    assert catalogs.ngettext("zh", "{n} file", "{n} files", 2) == "{n} 个文件"
    assert catalogs.ngettext("en", "{n} file", "{n} files", 1) == "{n} file"
    assert catalogs.ngettext("en", "{n} file", "{n} files", 2) == "{n} files"


def test_the_shipped_catalogs_load() -> None:
    assert Catalogs.load().gettext("en", "anything") == "anything"
