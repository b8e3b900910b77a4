"""A file is judged by its header alone, and what is wrong with it is said in a sentence."""

import contextlib
import struct
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.kernel import DomainError
from modelyard.serving.engines.gguf import _BLOCKS, inspect
from modelyard.serving.errors import GgufTooShort, GgufUnsound, GgufUnsupported, ModelFileAbsent, NotAGgufFile
from tests.serving.shop import MICRO

GOOD = MICRO.read_bytes()


def judged(folder: Path, data: bytes) -> DomainError:
    path = folder / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(DomainError) as refused:
        inspect(path)
    return refused.value


def test_the_micro_model_is_sound() -> None:
    facts = inspect(MICRO)

    assert (facts.architecture, facts.name, facts.license) == ("llama", "Modelyard Micro Chat", "apache-2.0")
    assert facts.context_length == 4096
    assert facts.chat_template is not None
    assert facts.parameters == 803_968
    assert facts.size < 1_000_000


def test_block_sizes_agree_with_the_format_s_own_package() -> None:
    known = {int(kind): sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    assert known == _BLOCKS


@pytest.mark.parametrize("data", [b"", b"GG", b"PK\x03\x04" + b"x" * 100, b"<html>not found</html>"])
def test_another_file_is_not_a_gguf_file(tmp_path: Path, data: bytes) -> None:
    assert isinstance(judged(tmp_path, data), NotAGgufFile)


def test_a_file_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(ModelFileAbsent):
        inspect(tmp_path / "nothing")


@pytest.mark.parametrize("size", [4, 20, 23, 1000, 10_000, 30_000, len(GOOD) // 2, len(GOOD) - 1])
def test_a_cut_file_ends_too_early(tmp_path: Path, size: int) -> None:
    error = judged(tmp_path, GOOD[:size])
    assert isinstance(error, GgufTooShort)
    assert error.data["size"] == size
    assert int(str(error.data["needed"])) > size


def test_versions_and_endianness_that_no_engine_here_reads(tmp_path: Path) -> None:
    for version, word in ((1, "version 1"), (9, "version 9"), (3 << 24, "big-endian")):
        error = judged(tmp_path, b"GGUF" + struct.pack("<I", version) + GOOD[8:])
        assert isinstance(error, GgufUnsupported)
        assert word in str(error.data["detail"])


def test_counts_are_not_believed(tmp_path: Path) -> None:
    absurd = judged(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 5) + GOOD[24:])
    empty = judged(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 5) + GOOD[24:])
    huge = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, 8, 1 << 61)

    assert isinstance(absurd, GgufUnsound)
    assert isinstance(empty, GgufUnsupported)
    assert isinstance(judged(tmp_path, huge), GgufTooShort)


def test_unknown_types_and_offsets_are_refused(tmp_path: Path) -> None:
    at = GOOD.index(b"output_norm.weight") + len(b"output_norm.weight")
    dimensions, _size = struct.unpack_from("<IQ", GOOD, at)
    kind_at = at + 4 + 8 * dimensions

    def with_kind(kind: int, offset: int) -> bytes:
        return GOOD[:kind_at] + struct.pack("<IQ", kind, offset) + GOOD[kind_at + 12 :]

    assert isinstance(judged(tmp_path, with_kind(99, 0)), GgufUnsupported)
    assert isinstance(judged(tmp_path, with_kind(0, 7)), GgufUnsound)
    assert isinstance(judged(tmp_path, with_kind(0, 1 << 40)), GgufTooShort)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 40_000), noise=st.binary(min_size=1, max_size=16))
def test_noise_is_either_harmless_or_refused_with_a_reason(tmp_path: Path, at: int, noise: bytes) -> None:
    path = tmp_path / "noisy.gguf"
    path.write_bytes(GOOD[:at] + noise + GOOD[at + len(noise) :])
    with contextlib.suppress(DomainError):  # and nothing else
        inspect(path)
