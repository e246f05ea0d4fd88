"""Feed what reads strangers' bytes with bytes that were damaged at random, for a while.

How to run it, from the repository's root::

    python fuzz/fuzz.py                                    # each target for a minute
    python fuzz/fuzz.py --target metadata --seconds 600

Each target is a promise: whatever the bytes are, reading them ends soon, in a value that is whole
or in one of the errors that the reader documents. An input that breaks it is written to
``build/fuzz/`` and named; put it into a test before the fault is mended.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from packaging.utils import NormalizedName

from pinfix.buildlog.diagnosis import diagnose
from pinfix.deploy.infer import conclude, infer
from pinfix.deploy.project import Project
from pinfix.deploy.source import read_source
from pinfix.deploy.yaml_places import read_yaml
from pinfix.errors import IndexUnavailableError, InputError
from pinfix.index.compact import dump_listing, load_listing
from pinfix.index.listing import Listing, parse_html_listing, parse_json_listing
from pinfix.index.metadata import parse_metadata
from pinfix.migrate.deploy import migrate_deploy
from pinfix.report.diagnosis import diagnosis_json, diagnosis_text
from pinfix.requirements.compiled import read_compiled
from pinfix.requirements.document import Document, parse_document
from pinfix.requirements.edits import append_block, apply_edits

FOUND = Path("build") / "fuzz"
DEMO = NormalizedName("demo")
# Reading this much takes milliseconds; what takes so long is not linear.
SLOW_SECONDS = 5.0

REQUIREMENTS = [
    b"# comment\r\nflask==2.0 ; python_version < '3.9'\nnumpy>=1,<2 \\\n    --hash=sha256:"
    + b"a" * 64,
    b"-r base.txt\n-c limits.txt\n--index-url https://user:pw@a.test/simple\n-e git+https://a.test/x#egg=x",
    b"a[b,c] @ https://a.test/a-1-py3-none-any.whl  # why\n./local\nfile:///x\n\xef\xbb\xbfd==1",
    b"#    pip-compile in.txt\na==1 \\\n    --hash=sha256:00\n    # via\n    #   -r in.txt\n    #   b\n",
    "ü==1\n${HOME}==2\nnumpy=1.21.0=py38h\n===\n--\n".encode("utf-16"),
]
JSON = [
    b'{"meta":{"api-version":"1.1"},"name":"demo","files":[{"filename":"demo-1.0-py3-none-any.whl",'
    b'"url":"/x","hashes":{"sha256":"aa"},"requires-python":">=3","yanked":false},{"filename":'
    b'"demo-2.0.tar.gz","url":"y","hashes":{},"yanked":"bad","size":1,"upload-time":"2026-01-01"}]}',
    b'{"files": [{"filename": "demo-1.0.zip", "hashes": {"md5": "a"}, "url": "../a", "core-metadata":'
    b' {"sha256": "b"}}], "meta": {"api-version": "1.0"}}',
]
HTML = [
    b'<!DOCTYPE html><base href="/b/"><a href="demo-1.0-py3-none-any.whl#sha256=aa" data-yanked="no"'
    b' data-requires-python="&gt;=3" data-dist-info-metadata="true">demo-1.0-py3-none-any.whl</a>',
    b'<meta name="pypi:repository-version" content="1.0"><![CDATA[<a href=demo-1.zip>demo-1.zip',
]
METADATA = [
    b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: six>=1 ; extra == 'x'\n"
    b"Provides-Extra: x\nRequires-Python: >=3.6.*\nDescription: a\n        b\n\nbody",
    b"Name: demo\r\nVersion: 1\r\nRequires-Dist: a (>=1,<2)\r\n folded\r\n\r\n",
]
DEPLOY = [
    b"services:\n- runtime: python\n  rootDir: a\n  buildCommand: pip install --only-binary=all -r x\n"
    b"  startCommand: >-\n    sh -c 'pip install --only-binary all y'\n  envVars:\n"
    b'  - {key: PYTHON_VERSION, value: "3.12.1"}\n  - key: PIP_ONLY_BINARY\n    value: all\n',
    b"# escape=`\nARG V=3.12\nFROM python:${V:-3.11}-alpine AS a\nENV PIP_ONLY_BINARY all\n"
    b"RUN apt-get install gcc && pip install `\n # c\n --only-binary=all -r x\n"
    b'RUN ["pip", "install", "--only-binary", "all", "\\"x"]\nRUN <<EOF\npip3 install x\nEOF\nFROM a\n',
    b"jobs:\n  t:\n    runs-on: ${{ matrix.o }}\n    strategy: {matrix: {o: [ubuntu-22.04], p: [3.10, '3.11']}}\n"
    b"    steps:\n    - uses: actions/setup-python@v5\n      with: {python-version: '${{ matrix.p }}'}\n"
    b"    - run: |\n        pip install $(cat x) --only-binary=all # c\n",
    b'{\n\t"build": {"builder": "NIXPACKS", "buildCommand": "pip install --only-binary=all \\"x\\""}\n}',
    b"provider: {name: aws, runtime: python3.12}\nfunctions:\n  a: &a {runtime: python3.11}\n  b: *a\n",
    b"[variables]\nPIP_ONLY_BINARY = 'all'\n[phases.install]\ncmds = [\"pip install --only-binary=all x\"]\n",
    b"python-3.12.1\n",
]
DEPLOY_FILES = (
    *("render.yaml", "Dockerfile", ".github/workflows/a.yml", "railway.json", "serverless.yml"),
    *("nixpacks.toml", "runtime.txt", ".python-version", "Procfile", "template.yaml", "fly.toml"),
)
LOGS = [
    "#7 1.2 Collecting a==1.0 (from b==2.0->-r requirements.txt (line 1))\n#7 1.3   Downloading a-1.0.tar.gz\n"
    "#7 1.4   × Preparing metadata (pyproject.toml) did not run successfully.\n#7 1.4   ╰─> [9 lines of output]\n"
    "#7 1.5       error: can't find Rust compiler\n#7 1.6       [end of output]\n".encode(),
    "Using CPython 3.12.1\r\n  × Failed to build `numpy==1.25.2`\r\n\x1b[1mModuleNotFoundError\x1b[0m: No module "
    "named 'distutils'\r\nhelp: `numpy` (v1.25.2) was included because `a` (v1) depends on `numpy`\r\n".encode(
        "utf-16"
    ),
    b"Jan 5 10:12:13 AM  ==> Using Python version 3.13.4 (default)\nERROR: Failed building wheel for a\n"
    b"Successfully installed a-1.0 c-2\nx.c:1:1: fatal error: ffi.h: No such file or directory\n",
]
PIECES = [
    b"\n",
    b"\r",
    b"\\\n",
    b"==",
    b";",
    b"#",
    b"[",
    b"]",
    b"{",
    b'"',
    b"'",
    b"\x00",
    b"\xff",
    b" @ ",
]


def document(data: bytes) -> bool:
    """A requirements file: lossless, or refused with a place; whether it could be read."""
    try:
        read = parse_document(data, "requirements.txt", environ={"HOME": "/x y"}, repair=True)
    except InputError as error:
        assert str(error)
        return False
    try:
        after = apply_edits(read, [append_block(read, ["added==1"])])
    except InputError as error:
        assert "encoding" in str(error)
    else:
        assert after.startswith(data)
        again = parse_document(after, "requirements.txt", environ={"HOME": "/x y"}, repair=True)
        assert [*_raw(read), "added==1"] == _raw(again)
    for line in read.lines:
        assert 0 <= line.line_span.start <= line.line_span.end <= len(read.text)
    read_compiled(read)
    return bool(read.requirements)


def _raw(read: Document) -> list[str]:
    return [line.raw for line in read.requirements]


def listing(data: bytes) -> bool:
    """An index's page: a listing whose files can all be had, before and after the store."""
    found = False
    for parse in (parse_json_listing, parse_html_listing):
        try:
            parsed = parse(data, "https://index.test/simple/demo/", DEMO)
            files = _files(parsed)
        except IndexUnavailableError as error:
            assert error.reason
            continue
        newest, older, small = dump_listing(parsed)
        assert _files(small) == files
        assert _files(load_listing(newest, lambda _, older=older: older)) == files
        found = found or bool(files)
    return found


def _files(parsed: Listing) -> list[object]:
    return [parsed.releases[version] for version in parsed.versions]


def metadata(data: bytes) -> bool:
    """A METADATA file: a name, a version and requirements that can be read, or ValueError."""
    try:
        read = parse_metadata(data)
    except ValueError as error:
        assert str(error)
        return False
    assert read.name
    assert read.version
    return True


def deploy(data: bytes) -> bool:
    """A deploy file of any kind: an answer, and edits after which there is nothing left to edit."""
    for path in DEPLOY_FILES:
        conclude(infer(Project({path: data})))
        for made in migrate_deploy({path: data}, kept_sdists=["kept"], python="3.13"):
            again = migrate_deploy({path: made.after}, kept_sdists=["kept"], python="3.13")
            assert not any(other.changed for other in again), path
            if made.changed and path.endswith((".yaml", ".yml")):
                read_yaml(read_source(path, made.after).text)
    return b"pip" in data


def log(data: bytes) -> bool:
    """A build's log: the same diagnosis in one piece and in many, in words and as JSON."""
    found = diagnose([data])
    assert found == diagnose(data[at : at + 7] for at in range(0, len(data), 7))
    targets = [] if found.host.target is None else [found.host.target]
    assert diagnosis_text(found, targets)
    assert diagnosis_json(found, targets)
    assert all(1 <= one.quote.line <= data.count(b"\n") + 1 for one in found.failures)
    return found.verdict != "nothing-recognised"


TARGETS: dict[str, tuple[Callable[[bytes], bool], Sequence[bytes]]] = {
    "document": (document, REQUIREMENTS),
    "listing": (listing, [*JSON, *HTML]),
    "metadata": (metadata, METADATA),
    "deploy": (deploy, DEPLOY),
    "log": (log, LOGS),
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Damaged bytes for what reads strangers' bytes.")
    parser.add_argument("--target", action="append", choices=[*TARGETS])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="to see the same inputs again")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    names = options.target or [*TARGETS]
    with ProcessPoolExecutor(len(names)) as pool:
        said = list(pool.map(partial(_fuzz, seconds=options.seconds, seed=seed), names))
    for name, (runs, readable, failure) in zip(names, said, strict=True):
        counts = f"{runs:,} inputs, of which {readable:,} could be read"
        print(f"{name}: {counts}; {failure or 'no fault'} (--seed {seed})")
    return 1 if any(failure for *_, failure in said) else 0


def _fuzz(name: str, *, seconds: float, seed: int) -> tuple[int, int, str]:
    """How many inputs there were and could be read, and which of them was one too many."""
    check, seeds = TARGETS[name]
    rng = random.Random(f"{name} {seed}")
    pool = list(seeds)
    end = time.monotonic() + seconds
    runs = readable = 0
    while time.monotonic() < end:
        data = _damaged(rng, pool)
        started = time.monotonic()
        runs += 1
        try:
            could_be_read = check(data)
            if time.monotonic() - started > SLOW_SECONDS:
                raise TimeoutError(f"it took {time.monotonic() - started:.1f} s")
        except Exception:
            FOUND.mkdir(parents=True, exist_ok=True)
            place = FOUND / f"{name}-{runs}-{seed}"
            place.write_bytes(data)
            return runs, readable, f"a fault, with {place}:\n{traceback.format_exc()}"
        readable += could_be_read
        if could_be_read and rng.random() < 0.05:
            pool.append(data)  # further from where it began
            del pool[len(seeds) : -200]
    return runs, readable, ""


def _damaged(rng: random.Random, pool: Sequence[bytes]) -> bytes:
    data = bytearray(rng.choice(pool))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        at = rng.randint(0, len(data))
        to = min(len(data), at + rng.choice([1, 3, 10, 100, 1000]))
        match rng.randrange(6):
            case 0:
                del data[at:to]
            case 1:
                data[at:at] = data[at:to] * rng.randint(1, 3)
            case 2:
                data[at:at] = rng.choice(PIECES) * rng.choice([1, 1, 2, 50])
            case 3 if at < len(data):
                data[at] = rng.randrange(256)
            case 4:
                data[at:at] = rng.choice(pool)[: rng.randint(0, 200)]
            case _:
                data[at:to] = data[at:to][::-1]
        del data[100_000:]
    return bytes(data)


if __name__ == "__main__":
    sys.exit(main())
