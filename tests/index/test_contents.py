from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from pinfix.index.contents import sdist_contents, wheel_contents


def wheel(*names: str) -> io.BytesIO:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, f"text of {name}")
    return data


def sdist(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"demo-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def test_a_wheel_brings_its_top_level_modules_and_says_how_it_was_made() -> None:
    made = wheel_contents(
        wheel(
            "demo/__init__.py",
            "demo/data.txt",
            "_demo.cpython-313-x86_64-linux-gnu.so",
            "single.py",
            "demo-1.0.data/purelib/other/__init__.py",
            "demo-1.0.data/scripts/run.py",
            "demo-1.0.dist-info/METADATA",
            "demo-1.0.dist-info/WHEEL",
        )
    )
    assert made.modules == {"demo", "_demo", "single", "other"}
    assert made.texts == {
        "METADATA": "text of demo-1.0.dist-info/METADATA",
        "WHEEL": "text of demo-1.0.dist-info/WHEEL",
    }


def test_what_is_no_zip_is_refused() -> None:
    with pytest.raises(ValueError, match="not a readable wheel"):
        wheel_contents(io.BytesIO(b"nothing"))


def test_an_sdist_lists_its_modules() -> None:
    files = {"setup.py": "", "tests/test_x.py": "", "src/demo.egg-info/top_level.txt": "demo\n_d\n"}
    assert sdist_contents("demo-1.0.tar.gz", sdist(files)).modules == {"demo", "_d"}


def test_where_an_sdist_lists_none_they_are_those_of_its_files() -> None:
    files = {
        "setup.py": "",
        "tests/test_x.py": "",
        "src/demo/__init__.py": "",
        "one.py": "import x",
    }
    made = sdist_contents("demo-1.0.tar.gz", sdist(files))
    assert made.modules == {"demo", "one"}
    assert made.texts["one.py"] == "import x"
