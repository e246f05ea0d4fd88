from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinfix.index.wheel_metadata import PiecewiseFile, read_wheel_metadata
from tests.index.wheels import METADATA, make_wheel


class Remote:
    """Serves pieces of a wheel, and counts them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def fetch(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.data)
        self.asked.append((start, end))
        return self.data[start:end]

    def file(self, tail: int) -> PiecewiseFile:
        return PiecewiseFile(len(self.data), self.data[-tail:], self.fetch)


def test_a_tail_that_holds_all_needs_no_further_piece() -> None:
    remote = Remote(make_wheel(padding=200_000))
    assert read_wheel_metadata(remote.file(20_000)) == METADATA.encode()
    assert remote.asked == []


def test_metadata_at_the_start_needs_one_further_piece() -> None:
    remote = Remote(make_wheel(padding=200_000, metadata_first=True))
    assert read_wheel_metadata(remote.file(20_000)) == METADATA.encode()
    assert len(remote.asked) == 1


def test_a_directory_longer_than_the_tail_brings_the_metadata_with_it() -> None:
    remote = Remote(make_wheel(padding=200_000, members=500))
    assert read_wheel_metadata(remote.file(1_000)) == METADATA.encode()
    assert len(remote.asked) == 1


@settings(max_examples=40, deadline=None)
@given(tail=st.integers(100, 5000), first=st.booleans(), members=st.integers(0, 40))
def test_every_tail_gives_the_same_metadata(tail: int, first: bool, members: int) -> None:
    remote = Remote(make_wheel(padding=3000, members=members, metadata_first=first))
    assert read_wheel_metadata(remote.file(tail)) == METADATA.encode()
    assert len(remote.asked) <= 2


def test_a_whole_file_serves_as_well() -> None:
    assert read_wheel_metadata(io.BytesIO(make_wheel())) == METADATA.encode()


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def test_vendored_metadata_is_not_taken_for_the_wheels_own() -> None:
    data = zipped("demo/_vendor/six-1.dist-info/METADATA", "demo-1.dist-info/METADATA")
    assert read_wheel_metadata(io.BytesIO(data)) == b"x"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not found</html>",
        make_wheel()[:-30],
        zipped("demo/__init__.py"),
        zipped("a-1.dist-info/METADATA", "b-1.dist-info/METADATA"),
        make_wheel().replace(b"demo-1.0.dist-info/METADATA", b"demo-1.0.dist-info/METADATB", 1),
    ],
)
def test_what_is_no_wheel_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a"):
        read_wheel_metadata(io.BytesIO(data))


def test_a_zip_bomb_is_not_unpacked() -> None:
    data = make_wheel("x" * (33 << 20))
    assert len(data) < 100_000
    with pytest.raises(ValueError, match="METADATA is"):
        read_wheel_metadata(io.BytesIO(data))
