"""Which modules of a distribution are imported, by the files that its RECORD lists."""

from __future__ import annotations

import pytest

from pinfix.verify.imports import modules_in


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        (["click/__init__.py", "click/core.py", "click-8.dist-info/METADATA"], ["click"]),
        (["six.py", "__pycache__/six.cpython-313.pyc"], ["six"]),
        (["yaml/__init__.py", "_yaml/__init__.py"], ["yaml", "_yaml"]),
        (
            ["cffi/__init__.py", "_cffi_backend.cpython-313-x86_64-linux-gnu.so"],
            ["cffi", "_cffi_backend"],
        ),
        (["orjson.abi3.so"], ["orjson"]),
        (["win.cp313-win_amd64.pyd"], ["win"]),
    ],
)
def test_top_level_modules_are_packages_files_and_extensions(
    files: list[str], modules: list[str]
) -> None:
    assert modules_in(files) == modules


def test_members_of_a_namespace_stand_for_it() -> None:
    files = ["google/cloud/storage/__init__.py", "google/cloud/storage/blob.py", "google/type/a.py"]
    assert modules_in(files) == ["google.cloud.storage", "google.type.a"]


@pytest.mark.parametrize(
    "file",
    [
        *("tests/__init__.py", "docs/conf.py", "setup.py", "__init__.py", "scripts/run.py"),
        *("foo-stubs/__init__.pyi", "foo.libs/libz.so", "libz.so.1", "../../bin/tool.py"),
        *("2to3/__init__.py", "class/__init__.py", "a.dist-info/x.py"),
    ],
)
def test_what_is_no_module_of_its_own_is_left_out(file: str) -> None:
    assert modules_in([file]) == []
