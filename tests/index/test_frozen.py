from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError, InputError
from pinfix.index.frozen import FrozenIndex, RecordingIndex
from pinfix.index.listing import DistFile, Listing, parse_json_listing
from pinfix.index.metadata import Metadata
from pinfix.index.sdist import SdistFacts

FOO = NormalizedName("foo")
FACTS = SdistFacts("pure", "setup.py", ("six",), "PKG-INFO", None, ())


class RealIndex:
    """Three releases of foo, each with a wheel and an sdist."""

    def __init__(self) -> None:
        files = [
            {
                "filename": f"foo-{version}{ending}",
                "url": f"https://files.example/{version}/foo-{version}{ending}",
                "hashes": {"sha256": f"{version}{ending}"},
                "size": 17,
                "upload-time": "2024-05-06T07:08:09Z",
                "requires-python": ">=3.8",
                "yanked": "why",
            }
            for version in ("1.0", "2.0", "3.0")
            for ending in ("-py3-none-any.whl", ".tar.gz")
        ]
        page = json.dumps({"files": [*files, {"filename": "foo-x.zip", "url": ""}]}).encode()
        self.foo = parse_json_listing(page, "https://index.example/", FOO)
        self.prefetched: list[object] = []

    def listing(self, name: NormalizedName) -> Listing:
        return self.foo if name == FOO else Listing(name, found=False)

    def metadata(self, file: DistFile) -> Metadata:
        return Metadata("foo", file.filename.split("-")[1], ("six",), ("x",), None, ("warned",))

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        return FACTS

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        self.prefetched += names

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        self.prefetched += files


@pytest.fixture
def recorded() -> FrozenIndex:
    recording = RecordingIndex(RealIndex())
    foo = recording.listing(FOO)
    recording.listing(NormalizedName("none"))
    recording.metadata(foo.releases[Version("3.0")].wheels[0])
    recording.sdist_facts(foo.releases[Version("1.0")].sdists[0])
    return recording.frozen("2026-01-02")


@pytest.mark.parametrize("name", ["index.json", "index.json.gz", "index.json.xz"])
def test_a_frozen_index_answers_as_the_real_one_did(
    recorded: FrozenIndex, tmp_path: Path, name: str
) -> None:
    recorded.dump(tmp_path / name)
    frozen = FrozenIndex.load(tmp_path / name)
    real = RealIndex()
    foo = frozen.listing(FOO)
    assert frozen.recorded == "2026-01-02"
    assert foo.versions == real.foo.versions
    assert foo.unreadable == ("foo-x.zip",)
    assert frozen.listing(FOO) is foo
    assert not frozen.listing(NormalizedName("none")).found
    for version in ("3.0", "1.0"):  # The releases that were looked into.
        assert foo.releases[Version(version)] == real.foo.releases[Version(version)]
    wheel = foo.releases[Version("3.0")].wheels[0]
    assert frozen.metadata(wheel) == real.metadata(wheel)
    assert frozen.sdist_facts(foo.releases[Version("1.0")].sdists[0]) == FACTS


def test_files_nobody_looked_into_lose_what_does_not_compress(
    recorded: FrozenIndex, tmp_path: Path
) -> None:
    recorded.dump(tmp_path / "index.json")
    wheel = (
        FrozenIndex.load(tmp_path / "index.json").listing(FOO).releases[Version("2.0")].wheels[0]
    )
    assert wheel == DistFile(
        "foo-2.0-py3-none-any.whl",
        "https://frozen.invalid/foo-2.0-py3-none-any.whl",
        requires_python=">=3.8",
        yanked="why",
        upload_time="2024-05-06T00:00:00Z",
        suffix="py3-none-any",
    )


@pytest.mark.parametrize("name", ["index.json", "index.json.gz", "index.json.xz"])
def test_freezing_again_gives_the_same_bytes(
    recorded: FrozenIndex, tmp_path: Path, name: str
) -> None:
    recorded.dump(tmp_path / name)
    FrozenIndex.load(tmp_path / name).dump(tmp_path / f"again-{name}")
    assert (tmp_path / f"again-{name}").read_bytes() == (tmp_path / name).read_bytes()


def test_what_was_not_recorded_is_unavailable_and_not_missing(recorded: FrozenIndex) -> None:
    with pytest.raises(IndexUnavailableError, match="not in the frozen index of 2026-01-02"):
        recorded.listing(NormalizedName("bar"))
    with pytest.raises(IndexUnavailableError, match="not in the frozen index"):
        recorded.metadata(recorded.listing(FOO).releases[Version("2.0")].wheels[0])


def test_prefetching_is_passed_on() -> None:
    real = RealIndex()
    recording = RecordingIndex(real)
    recording.prefetch_listings([FOO])
    recording.prefetch_metadata([DistFile("f", "u")])
    assert len(real.prefetched) == 2
    assert recording.frozen("").listings == {}


@pytest.mark.parametrize(
    "data", [b"", b"junk", b"[]", b"{}", b'{"format": 99}', b'{"format": 1, "listings": 3}']
)
def test_a_file_that_is_no_frozen_index_is_refused(tmp_path: Path, data: bytes) -> None:
    for name in ("index.json", "index.json.gz", "index.json.xz"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="frozen index"):
            FrozenIndex.load(tmp_path / name)
    with pytest.raises(InputError, match="frozen index"):
        FrozenIndex.load(tmp_path / "missing.json")
