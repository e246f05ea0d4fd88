from __future__ import annotations

import io
import json
import random
import tarfile
import urllib.request
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from pinfix.index import sdist_archive
from pinfix.index.repair import parse_requires_dist
from pinfix.index.sdist import SdistFacts, read_sdist
from pinfix.index.sdist_requires import requires_txt

PLAIN = "from setuptools import setup\nsetup(name='thing', version='1', packages=['thing'])\n"
PKG_INFO = "Metadata-Version: {}\nName: thing\nVersion: 1\n{}\n"


def archive(files: Mapping[str, str], kind: str = "gz") -> bytes:
    """An sdist of thing 1 with these files, by their path below its top folder."""
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, text in files.items():
                zipped.writestr(f"thing-1/{name}", text)
        return data.getvalue()
    with tarfile.open(fileobj=data, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, text in files.items():
            member = tarfile.TarInfo(f"thing-1/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def read(files: Mapping[str, str]) -> SdistFacts:
    return read_sdist("thing-1.tar.gz", archive(files))


def setup_py(arguments: str = "", before: str = "") -> dict[str, str]:
    head = "import sys\nfrom setuptools import setup, find_packages, Extension\n"
    return {"setup.py": f"{head}{before}\nsetup(name='thing', {arguments})\n"}


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": PLAIN},
        {"setup.py": "from distutils.core import setup\nsetup(name='thing')\n"},
        setup_py(),
        setup_py("ext_modules=[]"),
        setup_py("ext_modules=extensions", "extensions = []"),
        setup_py("use_2to3=False"),
        setup_py("description='needs no Extension, no cythonize'"),
        {"setup.py": "# ext_modules = [Extension('x', ['x.c'])]\n" + PLAIN},
        setup_py("", "if sys.argv[-1] == 'test':\n    import os\n    os.system('make check')"),
        {"setup.py": "import os\nos.system('git describe')\n" + PLAIN},
        {"setup.py": "exec(open('thing/version.py').read())\n" + PLAIN},
        {"setup.py": "from thing import version\n" + PLAIN, "thing/__init__.py": "version = 1"},
        {"setup.py": "from setuptools import setup\nsetup(pbr=True)", "setup.cfg": "[metadata]"},
        {"pyproject.toml": "[build-system]\nbuild-backend = 'flit_core.buildapi'"},
        {"pyproject.toml": "[build-system]\nbuild-backend = 'hatchling.build'"},
        {"pyproject.toml": "[build-system]\nbuild-backend = 'poetry.core.masonry.api'"},
        {"pyproject.toml": "[build-system]\nbuild-backend = 'setuptools.build_meta'"},
        {"pyproject.toml": "[project]\nname = 'thing'"},
        {
            "pyproject.toml": "[build-system]\nbuild-backend = 'hatchling.build'\n"
            "[tool.hatch.build.targets.wheel.hooks.mypyc]\nenable-by-default = false\n"
            "[tool.hatch.build.hooks.vcs]\nversion-file = 'v.py'\n"
        },
        {"setup.py": "setup_code = '''\nsetup(name='thing')\n'''\nexec(setup_code)"},
    ],
    ids=range(20),
)
def test_what_builds_nothing_is_pure(files: dict[str, str]) -> None:
    facts = read(files)
    assert facts.kind == "pure", facts.shown_by
    assert facts.shown_by


@pytest.mark.parametrize(
    ("files", "kind", "shown_by"),
    [
        (setup_py("ext_modules=[Extension('x', ['x.c'])]"), "c", "setup.py: ext_modules"),
        (setup_py("**more", "more = {'ext_modules': [Extension('x', [])]}"), "c", "setup.py"),
        (setup_py("**more", "more = {}\nmore['ext_modules'] = build()"), "c", "ext_modules"),
        (setup_py("ext_modules=e", "e = []\ne.append(make())"), "c", "ext_modules"),
        (setup_py("ext_modules=e", "if not 'clean' in sys.argv:\n    e = [1]"), "c", "ext_modules"),
        (setup_py("cffi_modules=['build.py:ffi']"), "c", "cffi_modules"),
        (setup_py("rust_extensions=[RustExtension('x')]"), "rust", "rust_extensions"),
        (setup_py("ext_modules=cythonize('x.pyx')"), "cython", "cythonize"),
        (setup_py("", "import subprocess\nsubprocess.check_call(['make', 'all'])"), "c", "make"),
        (setup_py("", "import os\nos.system('cargo build')"), "rust", "cargo"),
        (setup_py("", "from numpy.distutils.core import setup"), "c", "numpy.distutils"),
        ({"setup.py": "from skbuild import setup\nsetup()"}, "c", "skbuild"),
        (
            {"setup.py": "import ext\n" + PLAIN, "ext.py": "from setuptools import Extension as E"
             "\next_modules = [dict(ext_modules=[E('x', ['x.c'])])]"},
            "c",
            "ext.py",
        ),
        (
            setup_py("ext_modules=[Extension('x', ['x.pyx'])]") | {"thing/x.pyx": ""},
            "cython",
            "ext_modules",
        ),
        (
            setup_py("ext_modules=[Extension('x', ['x.f90'])]") | {"thing/x.f90": ""},
            "fortran",
            "ext_modules",
        ),
        (setup_py("cmdclass={'build_ext': Own}") | {"core/x.c": ""}, "c", "build_ext"),
        ({"pyproject.toml": "[build-system]\nbuild-backend='maturin'"}, "rust", "maturin"),
        ({"pyproject.toml": "[build-system]\nbuild-backend='mesonpy'"}, "c", "mesonpy"),
        (
            {"setup.py": PLAIN, "pyproject.toml": "[build-system]\nrequires=['Cython>=0.29']"},
            "cython",
            "requires cython",
        ),
        (
            {"pyproject.toml": "[[tool.setuptools.ext-modules]]\nname='x'\nsources=['x.c']"},
            "c",
            "ext-modules",
        ),
        (
            {"setup.py": PLAIN, "pyproject.toml": "[[tool.setuptools-rust.ext-modules]]\na=1"},
            "rust",
            "tool.setuptools-rust",
        ),
        (
            {
                "pyproject.toml": "[build-system]\nbuild-backend='poetry.core.masonry.api'\n"
                "[tool.poetry.build]\nscript = 'build.py'",
                "build.py": "from Cython.Build import cythonize\ncythonize('x.pyx')",
            },
            "cython",
            "build.py: cythonize",
        ),
        (
            {
                "pyproject.toml": "[build-system]\nbuild-backend='own'\nbackend-path=['.']",
                **setup_py("ext_modules=[Extension('x', ['x.c'])]"),
            },
            "c",
            "ext_modules",
        ),
        ({"setup.py": PLAIN, "setup.cfg": "[metadata]\n[extension=x]\n"}, "c", "setup.cfg"),
    ],
)  # fmt: skip
def test_what_compiles_is_told_by_its_language_and_place(
    files: dict[str, str], kind: str, shown_by: str
) -> None:
    facts = read(files)
    assert facts.kind == kind
    assert shown_by in facts.shown_by


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"README": ""}, "neither setup.py nor pyproject.toml"),
        ({"setup.py": "print 'Python 2'"}, "setup.py:1: not Python 3"),
        (setup_py("long_description=file('README').read()"), "file(), which is Python 2"),
        (setup_py("use_2to3=True"), "use_2to3"),
        ({"setup.py": "import numpy\n" + PLAIN}, "imports numpy, which an isolated build lacks"),
        ({"setup.py": "from pip.req import parse\n" + PLAIN}, "imports pip.req"),
        (
            {"setup.py": "import thing\n" + PLAIN, "thing/__init__.py": "from .a import b",
             "thing/a.py": "import requests"},
            "thing/a.py: imports requests",
        ),
        (setup_py("cmdclass={'build_ext': Own}"), "replaces the command build_ext"),
        ({"setup.py": "exec(open('real_setup').read())"}, "exec()"),
        ({"setup.py": "exec(open('v').read())\n" + PLAIN, "thing/x.c": ""}, "thing/x.c beside"),
        ({"pyproject.toml": "[build-system]\nbuild-backend='strange.api'"}, "strange.api"),
        ({"pyproject.toml": "[build-system]\nbuild-backend='a'\nbackend-path=['.']"}, "its own"),
        ({"pyproject.toml": "build-system ="}, "pyproject.toml:"),
        (
            {"pyproject.toml": "[build-system]\nbuild-backend='hatchling.build'\n"
             "[tool.hatch.build.hooks.custom]"},
            "build hook hatch_build.py",
        ),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_unknown(files: dict[str, str], why: str) -> None:
    facts = read(files)
    assert facts.kind == "unknown"
    assert why in facts.shown_by


def test_sources_that_the_build_leaves_do_not_make_it_compiled() -> None:
    facts = read({"setup.py": PLAIN, "rust/src/lib.rs": ""})
    assert facts.kind == "pure"
    assert "rust/src/lib.rs" in facts.note
    assert read({"setup.py": PLAIN, "tests/x.c": "", "docs/x.pyx": ""}).note == ""


def test_an_extension_that_the_build_can_do_without_is_noted() -> None:
    facts = read(setup_py("ext_modules=[Extension('x', ['x.c'], optional=True)]"))
    assert facts.kind == "c"
    assert "optional" in facts.note


def test_a_module_that_newer_pythons_lack_bounds_the_python() -> None:
    facts = read({"setup.py": "import imp, cgi\n" + PLAIN})
    assert (facts.kind, facts.python_below) == ("pure", "3.12")
    assert read({"setup.py": "try:\n    import imp\nexcept ImportError: pass\n" + PLAIN}) == read(
        {"setup.py": PLAIN}
    )


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip"])
def test_every_archive_format_is_read(kind: str) -> None:
    facts = read_sdist(f"thing-1.{kind}", archive({"setup.py": PLAIN}, kind))
    assert facts.kind == "pure"


def test_promised_requirements_come_from_pkg_info() -> None:
    info = PKG_INFO.format("2.2", "Requires-Python: >=3.8\nRequires-Dist: six>=1\n")
    facts = read({"setup.py": PLAIN, "PKG-INFO": info, "thing.egg-info/requires.txt": "other"})
    assert facts.requires_dist == ("six>=1",)
    assert facts.requires_from == "PKG-INFO"
    assert facts.requires_python == ">=3.8"


@pytest.mark.parametrize("head", [("2.1", ""), ("2.2", "Dynamic: Requires-Dist\n")])
def test_requirements_that_are_not_promised_come_from_requires_txt(head: tuple[str, str]) -> None:
    files = {
        "setup.py": setup_py("install_requires=read()")["setup.py"],
        "PKG-INFO": PKG_INFO.format(*head),
        "src/thing.egg-info/PKG-INFO": PKG_INFO.format(*head),
        "src/thing.egg-info/requires.txt": "six\n\n[fast:python_version < '3']\nujson>=1\n",
        "tests/other.egg-info/PKG-INFO": "",
        "tests/other.egg-info/requires.txt": "wrong",
    }
    facts = read(files)
    assert facts.requires_dist == ("six", "ujson>=1 ; python_version < '3' and extra == \"fast\"")
    assert facts.requires_from == "src/thing.egg-info/requires.txt"


def test_static_project_table_gives_requirements_and_extras() -> None:
    project = (
        "[project]\nname='thing'\nversion='1'\nrequires-python='>=3.9'\ndependencies=['six']\n"
        'optional-dependencies={x=[\'ujson; os_name == "nt" or os_name == "posix"\']}\n'
    )
    facts = read({"pyproject.toml": project})
    assert facts.requires_python == ">=3.9"
    assert facts.requires_dist == (
        "six",
        'ujson ; (os_name == "nt" or os_name == "posix") and extra == "x"',
    )
    dynamic = read(
        {"pyproject.toml": project.replace("dependencies=['six']", "dynamic=['dependencies']", 1)}
    )
    assert dynamic.requires_dist is None


def test_without_metadata_a_literal_list_in_setup_py_counts() -> None:
    assert read({"setup.py": PLAIN}).requires_dist == ()
    assert read(setup_py("install_requires=['six']")).requires_dist == ("six",)
    assert read(setup_py("install_requires=wanted()")).requires_dist is None
    computed = setup_py("**more", "more = {}\nmore['install_requires'] = wanted()")
    assert read(computed).requires_dist is None
    assert (
        read({"setup.py": PLAIN, "setup.cfg": "[options]\ninstall_requires=six"}).requires_dist
        is None
    )


def test_requirements_that_depend_on_the_authors_python_are_noted() -> None:
    before = "requires = []\nif sys.version_info < (3,):\n    requires.append('futures')"
    assert "author" in read(setup_py("install_requires=requires", before)).note
    assert read(setup_py("install_requires=['six']")).note == ""


@pytest.mark.parametrize(
    ("attempt", "added", "expected"),
    [
        ("import numpy", "requires.append('numpy')", ("six", "numpy")),
        ("import numpy.random", "requires += ['numpy>=1', 'six']", ("six", "numpy>=1")),
        ("from numpy import array", "requires.extend(['numpy'])", ("six", "numpy")),
        # An isolated build can import these too.
        ("import json", "requires.append('simplejson')", ("six",)),
        ("import setuptools", "requires.append('setuptools')", ("six",)),
        ("import thing", "requires.append('thing')", ("six",)),
        # What is filled is something else.
        ("import pytest", "tests_require.append('pytest')", ("six",)),
        ("import numpy", "requires.append(wanted)", ("six",)),
    ],
)
@pytest.mark.parametrize("error", ["ImportError", "(ImportError, OSError)"])
def test_what_the_author_could_import_and_a_build_cannot_is_required(
    attempt: str, added: str, expected: tuple[str, ...], error: str
) -> None:
    script = f"""
import setuptools
def wanted():
    requires, tests_require = ["six"], []
    try:
        {attempt}
    except {error}:
        {added}
    return requires
setuptools.setup(name="thing", install_requires=wanted())
"""
    facts = read(
        {
            "setup.py": script,
            "thing/__init__.py": "",
            "thing.egg-info/PKG-INFO": "",
            "thing.egg-info/requires.txt": "six\n",
        }
    )
    assert facts.requires_dist == expected
    assert facts.requires_from.endswith(" and setup.py") is (len(expected) > 1)


def test_build_requirements_are_told() -> None:
    facts = read({"pyproject.toml": "[build-system]\nrequires=['setuptools>=61', 'wheel']"})
    assert facts.build_requires == ("setuptools>=61", "wheel")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("six\n# note\n\nattrs>=19", ["six", "attrs>=19"]),
        ("[:python_version < '3']\nfutures", ["futures ; python_version < '3'"]),
        ("[x]\na\nb", ['a ; extra == "x"', 'b ; extra == "x"']),
        ("[x]\na @ https://e.org/a.zip", ['a @ https://e.org/a.zip ; extra == "x"']),
        ("[x]\na; os_name == 'nt'", ['a ; os_name == "nt" and extra == "x"']),
        ("[x:a == 1 or b]\nq", ['q ; (a == 1 or b) and extra == "x"']),
        ("not a requirement!", ["not a requirement!"]),
    ],
)
def test_requires_txt_sections_become_markers(text: str, expected: list[str]) -> None:
    assert list(requires_txt(text)) == expected


requirements = st.builds(
    "{}{}{}".format,
    st.sampled_from(["six", "attrs", "zope.interface[test]"]),
    st.sampled_from(["", ">=1.0", "<2,>=1"]),
    st.sampled_from(["", " ; os_name == 'nt'", "; python_version<'3' or os_name=='nt'"]),
)


@given(requirements, st.sampled_from(["", "x"]), st.sampled_from(["", "sys_platform == 'win32'"]))
@settings(max_examples=60, deadline=None)
def test_every_requirement_under_every_section_parses(line: str, extra: str, marker: str) -> None:
    section = f"[{extra}:{marker}]" if marker else f"[{extra}]"
    (text,) = requires_txt(f"{section}\n{line}" if extra or marker else line)
    assert Requirement(text).specifier == Requirement(line).specifier
    assert not extra or not Requirement(text).marker.evaluate({"extra": "other"})  # type: ignore[union-attr]


@pytest.mark.parametrize("filename", ["thing-1.tar.gz", "thing-1.zip"])
def test_a_broken_archive_is_unknown_with_a_reason(filename: str) -> None:
    good = archive({"setup.py": PLAIN}, "zip" if filename.endswith("zip") else "gz")
    for data in (b"", b"junk", good[: len(good) // 2], good[:-12]):
        facts = read_sdist(filename, data)
        assert facts.kind in {"unknown", "pure"}
        assert facts.kind == "pure" or "archive" in facts.shown_by or "neither" in facts.shown_by


@given(st.randoms(use_true_random=False), st.sampled_from(["gz", "zip", "bz2"]))
@settings(max_examples=60, deadline=None)
def test_no_damage_makes_the_reader_raise(rng: random.Random, kind: str) -> None:
    data = bytearray(archive({"setup.py": PLAIN, "PKG-INFO": PKG_INFO.format("2.2", "")}, kind))
    for _ in range(rng.randrange(1, 6)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    assert read_sdist(f"thing-1.{kind}", bytes(data)).shown_by


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_an_outsized_archive_is_refused_without_being_unpacked(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdist_archive, "MAX_UNPACKED", 2**16)
    bomb = archive({"blob": "0" * 2**20, "setup.py": PLAIN}, kind)
    assert len(bomb) < 2**16
    facts = read_sdist("thing-1", bomb)
    assert facts.kind == "unknown"
    assert "unpacks to more" in facts.shown_by


def test_a_cut_listing_still_shows_the_compiled_sources_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sdist_archive, "MAX_UNPACKED", 2**16)
    facts = read({"thing/a.pyx": "", "thing/z.txt": "0" * 2**20, "setup.py": PLAIN})
    assert (facts.kind, facts.shown_by) == ("cython", "thing/a.pyx")


def test_the_strangers_odd_escapes_warn_nobody(recwarn: pytest.WarningsRecorder) -> None:
    assert read({"setup.py": "x = '\\d'\n" + PLAIN}).kind == "pure"
    assert not recwarn.list


REAL = {
    "docopt-0.6.2.tar.gz": "pure",
    "future-0.18.2.tar.gz": "pure",
    "termcolor-1.1.0.tar.gz": "pure",
    "blinker-1.4.tar.gz": "pure",
    "itsdangerous-0.24.tar.gz": "pure",
    "sklearn-0.0.tar.gz": "pure",
    "PyYAML-5.3.1.tar.gz": "cython",
    "pycrypto-2.6.1.tar.gz": "c",
    "mysqlclient-2.1.0.tar.gz": "c",
    "psycopg2-2.9.6.tar.gz": "c",
    "python-Levenshtein-0.12.0.tar.gz": "c",
    "wrapt-1.12.1.tar.gz": "c",
    "MarkupSafe-1.0.tar.gz": "c",
    "tornado-4.5.3.tar.gz": "c",
    "ujson-1.35.tar.gz": "c",
    "orjson-3.8.0.tar.gz": "rust",
    "cryptography-3.4.tar.gz": "rust",
}


@pytest.mark.live
@pytest.mark.parametrize("filename", REAL)
def test_real_source_distributions_are_what_they_are_known_to_be(filename: str) -> None:
    project = filename.rpartition("-")[0].lower()
    asked = urllib.request.Request(
        f"https://pypi.org/simple/{project}/",
        headers={"Accept": "application/vnd.pypi.simple.v1+json"},
    )
    with urllib.request.urlopen(asked) as answer:
        files = {file["filename"]: file["url"] for file in json.load(answer)["files"]}
    with urllib.request.urlopen(files[filename]) as answer:
        facts = read_sdist(filename, answer.read())
    assert facts.kind == REAL[filename], facts.shown_by


def test_requirements_that_nobody_can_read_are_dropped_and_misspelt_ones_repaired() -> None:
    requires = "pytz>=2011k\nsix>=1.9.*\nidna\n"
    files = {
        "setup.py": setup_py("install_requires=read()")["setup.py"],
        "PKG-INFO": PKG_INFO.format("2.1", ""),
        "thing.egg-info/PKG-INFO": PKG_INFO.format("2.1", ""),
        "thing.egg-info/requires.txt": requires,
    }
    found = read(files).requires_dist or ()
    assert [str(parse_requires_dist(text)) for text in found] == ["six>=1.9", "idna"]
