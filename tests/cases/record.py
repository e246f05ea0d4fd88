"""Record the frozen index and what the cases come to.

    python tests/cases/record.py            writes every case's expected/ from the frozen index
    python tests/cases/record.py NAME...    only these cases
    python tests/cases/record.py --index    first asks the real index again, for all cases

Look at ``git diff`` before you commit: what changed is what users will see.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from pinfix.errors import PinfixError
from pinfix.index.client import IndexClient
from pinfix.index.frozen import FrozenIndex, RecordingIndex
from pinfix.index.listing import DistFile, Listing, Release
from pinfix.index.store import Store
from tests.cases.case import FROZEN, Case, cases

# The metadata of this many pure wheels on either side of those that a case asks for today is kept
# as well, so that a search that takes another way tomorrow finds it.
MARGIN = 3


def main(arguments: list[str]) -> int:
    found = {case.name: case for case in cases()}
    unknown = [name for name in arguments if name != "--index" and name not in found]
    if unknown:
        print(f"no such case: {', '.join(unknown)}; there are: {', '.join(found)}")
        return 2
    if "--index" in arguments:
        freeze(list(found.values()))
    frozen = FrozenIndex.load(FROZEN)
    for name in [name for name in arguments if name in found] or found:
        write(found[name], frozen)
    return 0


def freeze(recorded: list[Case]) -> None:
    """Ask the real index everything that the cases ask, and a margin, into one file."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store") as store:
        client = IndexClient(store=store)
        recording = RecordingIndex(client)
        for case in recorded:
            print(f"asking for {case.name}")
            with suppress(PinfixError):  # a refusal is a case too
                case.plan(recording)
        today = datetime.now(tz=timezone.utc).date().isoformat()
        add_margin(recording, recording.frozen(today))
        slim(recording.frozen(today), hashed_text(recorded)).dump(FROZEN)
        client.close()
    print(f"{FROZEN.name}: {FROZEN.stat().st_size:,} bytes")


def add_margin(recording: RecordingIndex, asked: FrozenIndex) -> None:
    """Ask for the metadata next to what the cases asked for."""
    for listing in asked.listings.values():
        versions = [v for v in listing.versions if not v.is_prerelease]
        used = {
            place
            for place, version in enumerate(versions)
            if any(f.identity in asked.metadata_of for f in listing.releases[version].wheels)
        }
        near = {p for place in used for p in range(place - MARGIN, place + MARGIN + 1)}
        for place in sorted(near & set(range(len(versions)))):
            for wheel in listing.releases[versions[place]].wheels:
                if wheel.suffix.endswith("none-any"):
                    with suppress(PinfixError):
                        recording.metadata(wheel)


def hashed_text(recorded: list[Case]) -> str:
    """The hash-checking files among the inputs, in one text."""
    paths = [case.folder / name for case in recorded for name in case.files]
    return "".join(path.read_text() for path in paths if b"--hash=" in path.read_bytes())


def slim(index: FrozenIndex, hashed: str) -> FrozenIndex:
    """The index without addresses, and without hashes but for what a hash-checking file names.

    Both do not compress, and would be nine tenths of the file.
    """
    metadata, facts = dict(index.metadata_of), dict(index.facts_of)

    def bare(file: DistFile, *, keep_hash: bool) -> DistFile:
        short = replace(
            file,
            url=f"https://frozen.invalid/{file.filename}",
            sha256=file.sha256 if keep_hash else None,
            metadata_hash=None,
            size=None,
        )
        if file.identity in metadata:
            metadata[short.identity] = metadata.pop(file.identity)
        if file.identity in facts:
            facts[short.identity] = facts.pop(file.identity)
        return short

    def slimmed(listing: Listing) -> Listing:
        keep = f"{listing.name}==" in hashed
        releases = {
            version: Release(
                version,
                tuple(bare(file, keep_hash=keep) for file in listing.releases[version].wheels),
                tuple(bare(file, keep_hash=keep) for file in listing.releases[version].sdists),
            )
            for version in listing.versions
        }
        return replace(listing, releases=releases)

    listings = {name: slimmed(listing) for name, listing in index.listings.items()}
    return FrozenIndex(listings, metadata, facts, index.recorded)


def write(case: Case, frozen: FrozenIndex) -> None:
    """Replace a case's ``expected/``."""
    folder = case.folder / "expected"
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in case.outcome(frozen).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"{case.name}: exit {(folder / 'exit').read_text().strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
