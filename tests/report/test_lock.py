"""Whole locks: what pip-compile would have written, and a pylock.toml that pip installs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.pylock import PackageSdist, PackageWheel, Pylock
from packaging.utils import canonicalize_name, parse_wheel_filename

from pinfix.errors import UsageError
from pinfix.index.listing import DistFile, parse_html_listing, parse_json_listing
from pinfix.index.local import local_metadata
from pinfix.index.metadata import Metadata
from pinfix.planning.closure import closure, written_markers
from pinfix.planning.plan import Plan, merge_plans
from pinfix.planning.solving import solve_tree
from pinfix.report.lock import IndexOptions, lock_pylock, lock_requirements
from pinfix.requirements.tree import read_tree
from pinfix.resolve.demand import Policy
from pinfix.targets.host import find_target
from tests.fake_index import (
    C_SDIST,
    CP311,
    CP313,
    CP313_ARM,
    CP313_WINDOWS,
    PURE,
    SDIST,
    FakeIndex,
    Project,
    index,
    project,
    sha256_of,
)
from tests.fixing import LINUX_311, LINUX_313, plan, rules_of
from tests.index.wheels import sha256

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MUSL_313 = "cp313-musllinux"
WINDOWS_313 = "cp313-windows"
ARM_313 = "cp313-manylinux_2_28_aarch64"
WORLD = index(
    project("app", ["1.0"], requires=["lib>=1"]),
    project("lib", {"1.0": [CP311, CP313, CP313_WINDOWS, SDIST]}),
    project("plain", {"1.0": SDIST}),
)


def lines_after_header(text: str) -> str:
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    return "".join(lines)


# -- beside pip-compile ------------------------------------------------------------------------


def make_wheel(
    folder: Path, name: str, version: str, requires: Sequence[str] = (), *, tag: str = PURE
) -> None:
    """A wheel that pip installs; of what it requires, ``; extra == "x"`` makes the extra x."""
    stem = f"{name.replace('-', '_')}-{version}"
    extras = sorted({text.split('"')[1] for text in requires if "extra ==" in text})
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {text}" for text in requires),
    ]
    said = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    content = {
        f"{name.replace('-', '_')}.py": f"VERSION = {version!r}\n",
        f"{stem}.dist-info/METADATA": "\n".join([*metadata, ""]),
        f"{stem}.dist-info/WHEEL": said,
        f"{stem}.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as wheel:
        for path, text in content.items():
            wheel.writestr(zipfile.ZipInfo(path), text)  # without the time: the same hash again


def folder_index(folder: Path) -> FakeIndex:
    """The wheels of a folder, with their hashes and sizes."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.whl")):
        found.setdefault(parse_wheel_filename(path.name)[0], []).append(path)
    return index(*(_project_of(name, paths) for name, paths in found.items()))


def listed(*files: dict[str, Any]) -> FakeIndex:
    """An index with one project, lib, whose files are described as PEP 691 has it."""
    known = [{"url": f["filename"], "hashes": {"sha256": "aa"}, **f} for f in files]
    page = json.dumps({"meta": {"api-version": "1.1"}, "name": "lib", "files": known})
    name = canonicalize_name("lib")
    listing = parse_json_listing(page.encode(), "https://index.test/lib/", name)
    metadata = {file["filename"]: Metadata("lib", "1.0", ()) for file in files}
    return FakeIndex({name: Project(listing, metadata, {})})


def _project_of(name: Any, paths: Sequence[Path]) -> Project:
    files = [
        {
            "filename": path.name,
            "url": path.as_uri(),
            "hashes": {"sha256": sha256(path.read_bytes())},
            "size": path.stat().st_size,
            "upload-time": "2024-05-06T07:08:09.123456Z",
        }
        for path in paths
    ]
    page = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files})
    listing = parse_json_listing(page.encode(), "https://index.test/", name)
    metadata = {path.name: local_metadata(path, DistFile(path.name, "")) for path in paths}
    return Project(listing, metadata, {})


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels with what makes annotations hard: extras, non-normal names, unsafe packages."""
    folder = tmp_path_factory.mktemp("wheels")
    make_wheel(folder, "web", "1.0", ["Core.Lib>=1", 'fast-io[ssl]; extra == "standard"'])
    make_wheel(folder, "Core_Lib", "1.5", ["setuptools"])
    make_wheel(folder, "Core_Lib", "2.0", ["setuptools"])
    make_wheel(folder, "fast-io", "3.0", ['certs; extra == "ssl"', 'web; extra == "web"'])
    make_wheel(folder, "certs", "2024.1")
    make_wheel(folder, "setuptools", "60.0")
    make_wheel(folder, "a-package-with-quite-a-long-name", "1.0.post1", ["certs"])
    make_wheel(folder, "everything", "1.0", ['everything[b]; extra == "a"', 'certs; extra == "b"'])
    return folder


def compiled(folder: Path, *options: str) -> str:
    """What pip-compile writes for requirements.in, without its header."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    command = ["-m", "piptools", "compile", "--quiet", "--no-config", "--no-strip-extras"]
    done = subprocess.run(
        [sys.executable, *command, "--output-file=-", *options, "requirements.in"],
        cwd=folder,
        env=environ | {"PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return lines_after_header(done.stdout)


# By name: the files, of which requirements.in is compiled.
ASKED = {
    "direct and indirect": {"requirements.in": "web\ncerts\n"},
    "extras": {"requirements.in": "web[standard]\n"},
    "extras asked for twice": {"requirements.in": "web[standard]\nfast-io[web]\nfast_io\n"},
    "extras of itself": {"requirements.in": "everything[a]\n"},
    "files that include each other": {
        "requirements.in": "-r sub/base.in\nweb\n",
        "sub/base.in": "-r ../more.in\ncerts\n",
        "more.in": "certs\n",
    },
    "constraints": {"requirements.in": "-c limits.txt\nweb\n", "limits.txt": "core-lib<2\n"},
    "markers": {"requirements.in": 'web; python_version>="3.8"\ncerts ; sys_platform == "none"\n'},
    "names as people write them": {"requirements.in": "CORE.lib==1.5\nCerts\n"},
    "long lines": {"requirements.in": "a-package-with-quite-a-long-name\n"},
    "only unsafe packages": {"requirements.in": "setuptools\n"},
}


# In the line style only the place of the annotation differs.
STYLES = [(name, "split") for name in ASKED] + [
    (name, "line") for name in ("extras asked for twice", "markers", "long lines")
]


@pytest.mark.parametrize(("asked", "style"), STYLES)
def test_requirements_are_byte_for_byte_those_of_pip_compile(
    asked: str, style: Any, wheels: Path, tmp_path: Path
) -> None:
    files = ASKED[asked]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    # Without hashes the line style puts the annotation beside the requirement.
    options = ["--generate-hashes"] if style == "split" else []
    sources = ["--no-index", "--find-links", str(wheels), "--no-emit-find-links"]
    expected = compiled(
        tmp_path, "--allow-unsafe", f"--annotation-style={style}", *sources, *options
    )
    made = plan_with_markers(files, folder_index(wheels))
    text = lock_requirements(made, hashes=style == "split", annotation_style=style)
    assert lines_after_header(text) == expected


def plan_with_markers(files: dict[str, str], world: FakeIndex) -> Plan:
    tree = read_tree(["requirements.in"], lambda path: files[path].encode(), {})
    solved = solve_tree(tree, [find_target("host")], rules_of(""), Policy(), world)
    markers = written_markers(solved.intents)
    made = plan(files, world, targets="host")
    return replace(made, closure=closure(solved.search, solved.found, markers))


def test_options_are_laid_out_as_pip_compile_does(wheels: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.glob("certs-*.whl")
    (tmp_path / "one" / "certs").mkdir(parents=True)
    (tmp_path / "one" / "certs" / "index.html").write_text(f'<a href="{wheel.as_uri()}">x</a>')
    (tmp_path / "two").mkdir()
    one, two = ((tmp_path / name).as_uri() for name in ("one", "two"))
    (tmp_path / "requirements.in").write_text(
        f"--index-url {one}\n--extra-index-url {two}\n--trusted-host one.test\n"
        "--only-binary :all:\n--no-binary zlib,aaa\ncerts\n"
    )
    expected = compiled(tmp_path, "--allow-unsafe", "--no-annotate", "--find-links", str(wheels))
    options = IndexOptions(
        one,
        (two,),
        find_links=(str(wheels),),
        trusted_hosts=("one.test",),
        no_binary=frozenset({"zlib", "aaa"}),
        only_binary=frozenset({":all:"}),
    )
    made = plan("certs\n", folder_index(wheels), targets="host")
    text = lock_requirements(made, options, hashes=False, annotation_style=None)
    assert lines_after_header(text) == expected


# -- requirements ------------------------------------------------------------------------------


def test_default_index_is_not_named() -> None:
    made = plan("plain\n", WORLD)
    for url in (None, "https://pypi.org/simple/", "https://pypi.org/simple"):
        assert "index-url" not in lock_requirements(made, IndexOptions(url))


def test_header_says_what_the_lock_is_for() -> None:
    text = lock_requirements(plan("lib==1.0\n", WORLD, targets=(LINUX_311, LINUX_313)))
    assert text.startswith("#\n# This file is autogenerated by pinfix\n")
    assert "#    cp311-manylinux_2_28_x86_64 (CPython 3.11." in text
    assert "#    cp313-manylinux_2_28_x86_64 (CPython 3.13." in text


def test_every_file_of_the_release_has_its_hash() -> None:
    text = lock_requirements(plan("app\n", WORLD))
    for suffix in (CP311, CP313, CP313_WINDOWS):
        assert f"--hash=sha256:{sha256_of(f'lib-1.0-{suffix}.whl')}" in text
    assert f"--hash=sha256:{sha256_of('lib-1.0.tar.gz')}" in text


def test_pin_that_moved_is_locked_where_it_moved_to() -> None:
    world = index(project("lib", {"1.0": CP311, "1.1": CP313}))
    assert "\nlib==1.1 \\\n" in lock_requirements(plan("lib==1.0\n", world))


def test_pin_that_the_plan_adds_is_required_by_its_file() -> None:
    world = index(
        project("app", ["1.0"], requires=["lib"]),
        project("lib", {"1.0": PURE, "2.0": C_SDIST}),
    )
    made = plan("app==1.0\n", world)
    assert [change.after for change in made.changes] == ["lib==1.0"]
    text = lock_requirements(made, annotation_style="line")
    assert "    # via -r requirements.txt, app\n" in text


# -- several targets ---------------------------------------------------------------------------

APART = index(
    project("app", ["1.0"], requires=['old; python_version < "3.12"', 'win; os_name == "nt"']),
    project("old", ["1.0"]),
    project("win", ["1.0"]),
)


def test_package_of_some_targets_gets_the_marker_that_tells_them_apart() -> None:
    text = lock_requirements(plan("app\n", APART, targets=(LINUX_311, LINUX_313)))
    assert '\nold==1.0 ; python_version == "3.11" \\\n' in text
    text = lock_requirements(plan("app\n", APART, targets=(WINDOWS_313, LINUX_313)))
    assert '\nwin==1.0 ; sys_platform == "win32" \\\n' in text


def test_system_tells_targets_apart_before_the_python_does() -> None:
    text = lock_requirements(plan("app\n", APART, targets=(WINDOWS_313, "cp312-manylinux")))
    assert '\nwin==1.0 ; sys_platform == "win32" \\\n' in text


def test_package_of_all_targets_needs_no_marker() -> None:
    text = lock_requirements(plan("app\n", APART, targets=(LINUX_311, LINUX_313)))
    assert "\napp==1.0 \\\n" in text


def test_versions_that_differ_by_target_stand_one_under_the_other() -> None:
    asked = 'lib==1.0; python_version < "3.12"\nlib==2.0; python_version >= "3.12"\n'
    world = index(project("lib", {"1.0": CP311, "2.0": CP313}))
    made = plan(asked, world, targets=(LINUX_311, LINUX_313))
    text = lock_requirements(made, hashes=False, annotation_style=None)
    assert set(lines_after_header(text).splitlines()) == {
        'lib==1.0 ; python_version == "3.11"',
        'lib==2.0 ; python_version == "3.13"',
    }


def test_fewest_variables_are_used_and_more_where_one_will_not_do() -> None:
    needs = 'lib; sys_platform == "win32" or platform_machine == "aarch64"'
    world = index(project("app", ["1.0"], requires=[needs]), project("lib", ["1.0"]))
    targets = ("cp311-windows", "cp313-windows", "cp313-manylinux_2_28_aarch64", LINUX_313)
    text = lock_requirements(plan("app\n", world, targets=targets), hashes=False)
    assert 'lib==1.0 ; platform_machine == "AMD64" or platform_machine == "aarch64"' in text
    needs = 'lib; sys_platform == "win32" and python_version == "3.13"'
    world = index(project("app", ["1.0"], requires=[needs]), project("lib", ["1.0"]))
    targets = ("cp311-windows", WINDOWS_313, LINUX_313)
    text = lock_requirements(plan("app\n", world, targets=targets), hashes=False)
    assert 'lib==1.0 ; sys_platform == "win32" and python_version == "3.13"' in text


def test_targets_that_no_marker_tells_apart_are_refused() -> None:
    made = plan("lib==1.0\n", WORLD, targets=(LINUX_313, "cp313-manylinux_2_36_x86_64"))
    (entry,) = made.closure
    del entry.files["cp313-manylinux_2_36_x86_64"]
    for lock in (lock_requirements, lock_pylock):
        with pytest.raises(UsageError, match=r"lib 1\.0 is for cp313-.* and not for cp313-.*_36"):
            lock(made)


# -- what cannot be locked ---------------------------------------------------------------------


def test_file_without_a_secure_hash_is_refused_by_name() -> None:
    page = b"""<a href="lib-1.0-py3-none-any.whl#md5=d41d8cd98f00b204e9800998ecf8427e">x</a>"""
    world = index(project("lib", ["1.0"]))
    listing = _html(page)
    bare = FakeIndex({listing.name: Project(listing, world.projects[listing.name].metadata, {})})
    for lock in (lock_requirements, lock_pylock):
        with pytest.raises(UsageError, match=r"lib-1\.0-py3-none-any\.whl: .* no sha256"):
            lock(plan("lib\n", bare))
    assert "lib==1.0\n" in lock_requirements(plan("lib\n", bare), hashes=False)


def _html(page: bytes) -> Any:
    return parse_html_listing(page, "https://index.test/lib/", canonicalize_name("lib"))


def test_requirement_from_outside_the_index_is_refused_where_it_stands() -> None:
    made = plan("lib==1.0\n", WORLD)
    direct = Plan(made.targets, (), made.closure, (), (), (), direct=("requirements.txt:7",))
    for lock in (lock_requirements, lock_pylock):
        with pytest.raises(UsageError, match=r"^requirements\.txt:7: "):
            lock(direct)
        with pytest.raises(UsageError, match=r"^requirements\.txt:7: "):
            lock(merge_plans([made, direct]))


def test_files_planned_apart_lock_together_only_where_they_agree() -> None:
    world = index(project("lib", ["1.0", "2.0"]))
    one = plan({"a.txt": "lib==1.0"}, world)
    same = plan({"b.txt": "lib==1.0"}, world)
    other = plan({"c.txt": "lib==2.0"}, world)
    text = lock_requirements(merge_plans([one, same]))
    assert "# via\n    #   -r a.txt\n    #   -r b.txt\n" in text
    assert packages(pylock(merge_plans([one, same])))["lib"]["version"] == "1.0"
    with pytest.raises(UsageError, match=r"lib is [12]\.0 in one of the files"):
        lock_requirements(merge_plans([one, other]))


def test_files_planned_apart_lock_all_that_either_asks_for() -> None:
    world = index(
        project("web", ["1.0"], requires=['lib; extra == "x"', 'plain; extra == "y"']),
        project("lib", ["1.0"]),
        project("plain", ["1.0"]),
        project("app", ["1.0"], requires=['lib; python_version < "3.12"']),
    )
    both = (LINUX_311, LINUX_313)
    merged = merge_plans(
        [
            plan({"a.txt": "web[x]\n"}, world),
            plan({"b.txt": "web[y]\n"}, world),
        ]
    )
    assert "\nweb[x,y]==1.0 \\\n" in lock_requirements(merged)
    merged = merge_plans(
        [
            plan({"a.txt": "app\n"}, world, targets=both),
            plan({"b.txt": 'lib; python_version > "3.12"\n'}, world, targets=both),
        ]
    )
    assert "marker" not in packages(pylock(merged))["lib"]
    (artifact,) = next(entry for entry in merged.closure if entry.name == "lib").artifacts
    assert artifact.targets == tuple(target.name for target in merged.targets)


def test_marker_that_one_file_has_and_the_other_has_not_is_none() -> None:
    plans = []
    for marker in ('python_version > "3"', ""):
        made = plan("lib\n", index(project("lib", ["1.0"])))
        (entry,) = made.closure
        plans.append(replace(made, closure=(replace(entry, marker=marker),)))
    assert "\nlib==1.0 ; python" in lock_requirements(merge_plans(plans[:1] * 2))
    assert "\nlib==1.0 \\\n" in lock_requirements(merge_plans(plans))


# -- pylock.toml -------------------------------------------------------------------------------


def pylock(made: Plan, *options: Any) -> dict[str, Any]:
    return tomllib.loads(lock_pylock(made, *options))


def packages(document: dict[str, Any]) -> dict[str, Any]:
    return {package["name"]: package for package in document["packages"]}


def test_pylock_says_what_it_is_for() -> None:
    document = pylock(plan("app\n", WORLD, targets=(LINUX_313, LINUX_311)))
    assert document["lock-version"] == "1.0"
    assert document["created-by"] == "pinfix"
    assert document["requires-python"] == ">=3.11"
    assert document["environments"] == [
        f'sys_platform == "linux" and python_version == "{python}" '
        'and platform_machine == "x86_64" and implementation_name == "cpython"'
        for python in ("3.13", "3.11")
    ]


def test_pylock_names_targets_that_no_marker_tells_apart_as_one_environment() -> None:
    made = plan("lib\n", WORLD, targets=(LINUX_313, "cp313-manylinux_2_36_x86_64"))
    assert len(pylock(made)["environments"]) == 1


def test_pylock_of_a_pre_release_of_python_admits_it() -> None:
    target = find_target("cp315-manylinux", python="3.15.0rc1")
    made = plan("app==1.0\n", index(project("app", ["1.0"])))
    made = Plan((target,), (), made.closure, (), (), ())
    made.closure[0].files[target.name] = "app-1.0-py3-none-any.whl"
    assert pylock(made)["requires-python"] == ">=3.15.0rc1"


def test_pylock_names_the_wheels_the_targets_can_install_and_no_sdist_beside_them() -> None:
    lib = packages(pylock(plan("lib\n", WORLD)))["lib"]
    assert lib == {
        "name": "lib",
        "version": "1.0",
        "index": "https://pypi.org/simple",
        "wheels": [
            {
                "name": f"lib-1.0-{CP313}.whl",
                "url": f"https://index.test/files/lib-1.0-{CP313}.whl",
                "hashes": {"sha256": sha256_of(f"lib-1.0-{CP313}.whl")},
            }
        ],
    }


def test_pylock_keeps_an_older_wheel_for_an_older_host() -> None:
    world = index(project("lib", {"1.0": [CP313, PURE, CP313_ARM]}))
    names = [wheel["name"] for wheel in packages(pylock(plan("lib\n", world)))["lib"]["wheels"]]
    assert names == [f"lib-1.0-{CP313}.whl", f"lib-1.0-{PURE}.whl"]


def test_pylock_names_an_sdist_that_is_all_there_is() -> None:
    plain = packages(pylock(plan("plain\n", WORLD)))["plain"]
    assert plain["sdist"]["name"] == "plain-1.0.tar.gz"
    assert "wheels" not in plain


def test_pylock_names_the_index_only_where_there_is_one() -> None:
    made = plan("plain\n", WORLD)
    private = IndexOptions("https://one.test/simple")
    assert packages(pylock(made, private))["plain"]["index"] == "https://one.test/simple"
    more = IndexOptions(extra_index_urls=("https://two.test/simple",))
    assert "index" not in packages(pylock(made, more))["plain"]


def test_pylock_marks_packages_of_some_targets() -> None:
    found = packages(pylock(plan("app\n", APART, targets=(LINUX_311, LINUX_313))))
    assert found["old"]["marker"] == 'python_version == "3.11"'
    assert "marker" not in found["app"]


@pytest.mark.parametrize("said", [{"yanked": "broken"}, {"requires-python": "<3.13"}])
def test_pylock_leaves_out_wheels_that_pip_would_not_take(said: dict[str, Any]) -> None:
    good = f"lib-1.0-{CP313}.whl"
    world = listed({"filename": good}, {"filename": f"lib-1.0-{PURE}.whl", **said})
    names = [wheel["name"] for wheel in packages(pylock(plan("lib\n", world)))["lib"]["wheels"]]
    assert names == [good]


def test_pylock_holds_sizes(wheels: Path) -> None:
    (wheel,) = packages(pylock(plan("certs\n", folder_index(wheels))))["certs"]["wheels"]
    assert wheel["size"] == (wheels / wheel["name"]).stat().st_size


@pytest.mark.parametrize(
    ("served", "kept"),
    [
        ("2024-05-06T07:08:09.123456Z", "2024-05-06T07:08:09.123456+00:00"),
        ("2024-05-06T09:08:09+02:00", "2024-05-06T07:08:09+00:00"),
        ("2024-05-06T07:08:09", "2024-05-06T07:08:09+00:00"),
        ("some day", None),
    ],
)
def test_pylock_holds_upload_times_in_utc(served: str, kept: str | None) -> None:
    world = listed({"filename": f"lib-1.0-{PURE}.whl", "upload-time": served})
    (wheel,) = packages(pylock(plan("lib\n", world)))["lib"]["wheels"]
    assert (wheel["upload-time"].isoformat() if kept else wheel.get("upload-time")) == kept


def test_sdist_whose_name_the_standard_does_not_allow_is_refused() -> None:
    world = index(project("plain", {"1.0": SDIST}))
    made = plan("plain\n", world)
    (artifact,) = made.closure[0].artifacts
    object.__setattr__(artifact, "filename", "plain-1.0.tar.bz2")
    made.closure[0].files[made.targets[0].name] = "plain-1.0.tar.bz2"
    with pytest.raises(UsageError, match=r"Invalid sdist filename 'plain-1\.0\.tar\.bz2'"):
        lock_pylock(made)


KINDS = st.lists(st.sampled_from([PURE, CP311, CP313, CP313_ARM, CP313_WINDOWS]), unique=True)


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.tuples(KINDS, KINDS),
    targets=st.lists(
        st.sampled_from([LINUX_311, LINUX_313, ARM_313, WINDOWS_313, MUSL_313]),
        unique=True,
        min_size=1,
    ),
)
def test_pylock_gives_each_target_what_the_plan_chose(
    kinds: tuple[list[str], list[str]], targets: list[str]
) -> None:
    world = index(
        project("app", {"1.0": [*kinds[0], PURE]}, requires=['lib; sys_platform == "linux"']),
        project("lib", {"1.0": [*kinds[1], SDIST, PURE]}),
    )
    made = plan("app\n", world, targets=targets)
    lock = Pylock.from_dict(pylock(made))
    for target in made.targets:
        environment: Any = dict(target.environment)
        chosen = {
            package.name: file.filename
            for package, file in lock.select(environment=environment, tags=target.tags)
            if isinstance(file, PackageWheel | PackageSdist)
        }
        assert chosen == {
            e.name: e.files[target.name] for e in made.closure if target.name in e.files
        }


@pytest.mark.parametrize("form", ["pylock.toml", "requirements.txt"])
def test_lock_installs_by_pip_itself(form: str, wheels: Path, tmp_path: Path) -> None:
    made = plan("web[standard]\n", folder_index(wheels), targets="host")
    text = lock_pylock(made) if form == "pylock.toml" else lock_requirements(made)
    (tmp_path / form).write_text(text)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    quietly = ["--quiet", "--disable-pip-version-check", "--no-warn-conflicts", "--no-cache-dir"]
    # The requirements name no index: this one is a folder. A pylock.toml has the addresses.
    sources = [] if form == "pylock.toml" else ["--no-index", "--find-links", str(wheels)]
    how = ["--only-binary", ":all:", "--target", "site", "-r", form]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *quietly, *sources, *how],
        cwd=tmp_path,
        env=environ | {"PIP_CONFIG_FILE": os.devnull},
        check=True,
        capture_output=True,
    )
    installed = {path.name for path in (tmp_path / "site").glob("*.dist-info")}
    assert installed == {
        "web-1.0.dist-info",
        "Core_Lib-2.0.dist-info",
        "fast_io-3.0.dist-info",
        "certs-2024.1.dist-info",
        "setuptools-60.0.dist-info",
    }
