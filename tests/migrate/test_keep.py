from __future__ import annotations

import pytest

from pinfix.errors import UsageError
from pinfix.migrate.imports import Import
from pinfix.migrate.keep import LostImport, gone, lost_imports, reduced
from pinfix.requirements.tree import DocumentTree, read_tree

FILES = {
    "r.txt": b"# ours\r\n-r base.txt\r\nfastapi==0.1  # web\r\njose==1 \\\r\n  --hash=sha256:00\r\n",
    "base.txt": b"Uvicorn[standard]==0.2\norjson\n",
}


def tree() -> DocumentTree:
    return read_tree(["r.txt"], FILES.__getitem__)


def test_only_what_is_named_stays_and_the_rest_of_the_file_does() -> None:
    assert reduced(tree(), ["FastAPI", "uvicorn"]) == {
        "r.txt": b"# ours\r\n-r base.txt\r\nfastapi==0.1  # web\r\n",
        "base.txt": b"Uvicorn[standard]==0.2\n",
    }
    left_out = [(name, str(wish)) for name, wish in gone(tree(), ["fastapi", "uvicorn"])]
    assert left_out == [("orjson", ""), ("jose", "==1")]


def test_a_name_that_nothing_requires_is_refused() -> None:
    with pytest.raises(UsageError, match="--keep nobody: no file requires it"):
        reduced(tree(), ["fastapi", "nobody"])


def test_an_import_is_lost_where_only_what_is_gone_brought_it() -> None:
    jose, web = Import("m.py", 1, "jose.jwt"), Import("m.py", 2, "fastapi")
    ours, shared = Import("m.py", 3, "own"), Import("m.py", 4, "google.auth")
    left = {"fastapi": {"fastapi"}, "google-a": {"google"}}
    before = {"python-jose": {"jose"}, "google-b": {"google"}}
    assert lost_imports([jose, web, ours, shared], left, before) == [
        LostImport(jose, "python-jose")
    ]
