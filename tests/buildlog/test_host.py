from __future__ import annotations

import pytest

from pinfix.buildlog.host import Host, HostReader
from tests.buildlog.reading import lines


def host(text: str) -> Host:
    reader = HostReader()
    for one in lines(text):
        reader.feed(one)
    return reader.host()


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("==> Using Python version 3.13.4 (default)", "cp313"),
        ("-----> Installing Python 3.12.8", "cp312"),
        ("-----> Using cached install of python-3.9.10", "cp39"),
        ("Successfully set up CPython (3.13.0)", "cp313"),
        ("Using CPython 3.12.12 interpreter at: /x", "cp312"),
        ("Using Python 3.12.7 environment at: venv", "cp312"),
        ("creating build/lib.linux-x86_64-cpython-311", "cp311"),
        ("creating build/lib.linux-x86_64-3.9/x", "cp39"),
        ("creating build/lib.linux-x86_64-cpython-313t/x", "cp313t"),
        ("Downloading x-1.0-cp310-cp310-manylinux1_x86_64.whl (1 kB)", "cp310"),
        ("🐍 Found CPython 3.13 at /x/bin/python3.13", "cp313"),
        ("pip 24.0 from /usr/lib/pip (python 3.11)", "cp311"),
        ("  File \"/usr/local/lib/python3.12/site-packages/pip/x.py\", line 1", "cp312"),
        (r"  File C:\Users\me\AppData\Local\Programs\Python\Python39\lib\x.py", "cp39"),
        ("[1/6] FROM docker.io/library/python:3.10-slim", "cp310"),
        ("║ setup      │ python311, gcc                    ║", "cp311"),
        ("  ↳ python  │ 3.13.2", "cp313"),
        ("Failed to run \"pip3.9 install -r x\"", "cp39"),
    ],
)  # fmt: skip
def test_python(text: str, python: str) -> None:
    found = host(text).python
    assert found is not None
    assert found.value == python


@pytest.mark.parametrize(
    "text",
    [
        "Downloading cryptography-36.0.0-cp36-abi3-musllinux_1_1_x86_64.whl (3.8 MB)",
        "numpy 2.3.3 Requires-Python >=3.11",
        "pyyaml==3.13",
        "Collecting pydantic==2.5.3",
    ],
)
def test_what_does_not_say_which_python(text: str) -> None:
    assert host(text).python is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("==> Using Python version 3.13.4 (default)", "cp313-render"),
        ("-----> Building on the Heroku-24 stack\n-----> Installing Python 3.13.1", "cp313-heroku-24"),
        ("-----> Python app detected\n-----> Installing python-3.8.1", "cp38-heroku"),
        ("Using Nixpacks\n│ python312, gcc", "cp312-railway"),
        ("Running \"vercel build\"\npip3.12 install x", "cp312-vercel"),
        ("Image: ubuntu-22.04\nSuccessfully set up CPython (3.13.0)", "cp313-ubuntu-22"),
        ("Image: windows-2022\nSuccessfully set up CPython (3.13.0)", "cp313-github-windows"),
        ("Image: macos-14\nSuccessfully set up CPython (3.13.0)", "cp313-github-macos"),
        ("FROM public.ecr.aws/lambda/python:3.12", "cp312-lambda"),
        ("[1/6] FROM docker.io/library/python:3.12-alpine", "cp312-alpine"),
        ("FROM python:3.12-slim-bookworm", "cp312-debian-12"),
        ("FROM python:3.12-bullseye", "cp312-debian-11"),
        ("FROM python:3.8-slim-buster", "cp38-manylinux_2_28"),
        ("FROM python:3.12", "cp312-docker"),
        ("FROM ubuntu:22.04\n/usr/lib/python3.10/x", "cp310-ubuntu-22"),
        ("FROM python:3.12\nbuild/lib.linux-aarch64-cpython-312", "cp312-manylinux_2_36_aarch64"),
        ("FROM python:3.12-alpine\nbuild/lib.linux-aarch64-cpython-312", "cp312-musllinux_1_2_aarch64"),
        ("FROM python:3.12-alpine\nbuild/lib.linux-x86_64-cpython-312", "cp312-alpine"),
        ("x-1-cp312-cp312-musllinux_1_2_x86_64.whl", "cp312-alpine"),
        ("build\\lib.win-amd64-cpython-313", "cp313-win_amd64"),
        ("build\\lib.win32-cpython-310", "cp310-win32"),
        ("x-1-cp313-cp313-win_amd64.whl", "cp313-win_amd64"),
        ("build/lib.macosx-14.0-arm64-cpython-312", "cp312-macosx_arm64"),
        ("build/lib.macosx-10.9-x86_64-cpython-312", "cp312-macosx_x86_64"),
        ("build/lib.linux-x86_64-cpython-313", "cp313-manylinux"),
        ("build/lib.linux-armv7l-cpython-310", "cp310-manylinux_armv7l"),
        ("Image: ubuntu-24.04\nx-1-cp313-cp313-win_amd64.whl", "cp313-win_amd64"),
    ],
)  # fmt: skip
def test_targets(text: str, target: str) -> None:
    assert host(text).target == target


def test_the_build_counts_more_than_what_it_began_from() -> None:
    found = host("FROM python:3.9\nUsing Python 3.11.2\nbuild/lib.linux-x86_64-cpython-312")
    assert found.python is not None
    assert (found.python.value, found.python.quote.line) == ("cp312", 3)


@pytest.mark.parametrize(
    ("text", "target", "problem"),
    [
        ("nothing of it", None, None),
        ("Using CPython 3.12.12", None, None),
        ("FROM python:3.12-alpine", "cp312-alpine", None),
        ("/data/data/com.termux/files/usr/lib/python3.12/x", None, "pinfix has no target for Android"),
        ("FROM python:3.3-alpine", None, "'cp33': pinfix knows Python 3, from 3.6 (cp36) on"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(text: str, target: str | None, problem: str | None) -> None:
    found = host(text)
    assert (found.target, found.problem) == (target, problem)


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        ("cp311", "cp311-render"),
        ("3.11", "3.11-render"),
        ("alpine", "cp313-alpine"),
        ("heroku-24", "cp313-heroku-24"),
        ("win_amd64", "cp313-win_amd64"),
        ("manylinux_2_17_aarch64", "cp313-manylinux_2_17_aarch64"),
        ("cp312-macosx", "cp312-macosx"),
        ("host", "host"),
        ("nonsense", "nonsense"),
    ],
)
def test_half_a_target_is_completed(given: str, completed: str) -> None:
    assert host("==> Using Python version 3.13.4 (default)").completed(given) == completed


def test_half_a_target_stays_half_where_the_log_does_not_say_the_rest() -> None:
    found = host("nothing of it")
    assert (found.completed("cp311"), found.completed("alpine")) == ("cp311", "alpine")
