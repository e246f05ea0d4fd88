"""Which stage of a Dockerfile decides, and where its Python is read off."""

from __future__ import annotations

import pytest

from tests.deploy.inferring import inferred, question, said, targets

PIP = "RUN pip install -r requirements.txt\n"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (f"FROM python:3.12-slim\n{PIP}", "cp312-docker"),
        (f"FROM python:3.12-alpine\n{PIP}", "cp312-alpine"),
        ("FROM python:3.12\nCMD x", "cp312-docker"),
        (
            f"FROM --platform=linux/arm64 python:3.12-bookworm\n{PIP}",
            "cp312-manylinux_2_36_aarch64",
        ),
        (f"FROM --platform=$BUILDPLATFORM python:3.12-bookworm\n{PIP}", "cp312-debian-12"),
        (f"FROM pypy:3.10\n{PIP}", "pp310-docker"),
        # The stage that pip installs in, whatever is copied from others.
        (
            f"FROM node:20 AS ui\nRUN npm ci\nFROM python:3.12\nCOPY --from=ui x x\n{PIP}",
            "cp312-docker",
        ),
        (f"FROM python:3.12-bookworm AS b\n{PIP}FROM b\nCMD x", "cp312-debian-12"),
        (f"FROM python:3.12 AS b\n{PIP}FROM python:3.12-slim\nCOPY --from=b /v /v", "cp312-docker"),
        (
            f"FROM python:3.12 AS base\nFROM base AS b\n{PIP}FROM base\nCOPY --from=b x x",
            "cp312-docker",
        ),
        (f"FROM python:3.12 AS b\n{PIP}FROM scratch\nCOPY --from=0 x x", "cp312-docker"),
        # A stage that nothing comes of does not count.
        (f"FROM python:3.9 AS tests\n{PIP}FROM python:3.12\n{PIP}", "cp312-docker"),
        # The libc of the stage that it runs in, where that is older.
        (
            f"FROM python:3.12-bookworm AS b\n{PIP}FROM debian:11\nCOPY --from=b x x",
            "cp312-debian-11",
        ),
        # Pythons that are no image's own.
        (
            "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y python3-pip\n" + PIP,
            "cp312-ubuntu-24",
        ),
        (
            "FROM ubuntu:22.04\nRUN apt install -y python3.11 python3.11-venv\n" + PIP,
            "cp311-ubuntu-22",
        ),
        ("FROM alpine:3.19\nRUN apk add --no-cache py3-pip python3\n" + PIP, "cp311-alpine"),
        ("FROM debian:12\nRUN uv python install 3.13\nRUN uv pip install x\n", "cp313-debian-12"),
        ('FROM python:3.12-slim\nRUN ["pip", "install", "x"]\n', "cp312-docker"),
        ("FROM python:3.12-slim\nRUN <<E\npip install x\nE\n", "cp312-docker"),
        ("FROM python:3.12.4\nRUN uv sync\n", "cp312-docker@3.12.4"),
    ],
)
def test_target_of_a_dockerfile(text: str, target: str) -> None:
    assert targets({"Dockerfile": text}) == [target]


def test_variable_in_from_is_said_with_what_it_stands_for() -> None:
    text = f"ARG V=3.12\nFROM python:${{V}}-slim AS b\n{PIP}"
    assert said({"Dockerfile": text}) == (
        "Dockerfile:2: FROM python:${V}-slim is python:3.12-slim, taken for Debian 12 or newer "
        "-> cp312-docker"
    )


def test_stages_of_two_pythons_are_a_question() -> None:
    text = (
        f"FROM python:3.12 AS b\n{PIP}FROM gcr.io/distroless/python3-debian12\nCOPY --from=b x x\n"
    )
    asked = question({"Dockerfile": text})
    assert "Dockerfile:1: FROM python:3.12" in asked
    assert "Dockerfile:3: FROM gcr.io/distroless/python3-debian12" in asked
    assert "Which stage's Python runs the code?" in asked


def test_stages_of_two_libcs_are_a_question() -> None:
    text = f"FROM python:3.12 AS b\n{PIP}FROM python:3.12-alpine\nCOPY --from=b x x\n"
    assert "does not run on the other" in question({"Dockerfile": text})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"FROM mycompany/base:1\n{PIP}", "FROM mycompany/base:1 is no image whose Python"),
        (f"ARG TAG\nFROM python:$TAG\n{PIP}", "has a variable that nothing here gives a value"),
    ],
)
def test_what_is_not_known_is_said_and_asked(text: str, why: str) -> None:
    asked = question({"Dockerfile": text})
    assert "--target" in asked
    assert why in asked


def test_image_of_another_language_says_nothing() -> None:
    result = inferred(
        {"Dockerfile": "FROM node:20-alpine\nRUN npm ci\n", ".python-version": "3.12"}
    )
    assert [one.text for one in result.targets] == ["cp312-manylinux"]


def test_plain_dockerfile_decides_over_its_variants() -> None:
    files = {"Dockerfile": f"FROM python:3.12\n{PIP}", "Dockerfile.dev": f"FROM python:3.11\n{PIP}"}
    assert targets(files) == ["cp312-docker"]
    assert targets({"web.Dockerfile": f"FROM python:3.11\n{PIP}"}) == ["cp311-docker"]
    assert targets({"dockerfile": f"FROM python:3.11\n{PIP}"}) == ["cp311-docker"]


def test_nearest_dockerfile_counts() -> None:
    files = {
        "Dockerfile": f"FROM python:3.12\n{PIP}",
        "api/Dockerfile": f"FROM python:3.11\n{PIP}",
        "web/Dockerfile": f"FROM python:3.10\n{PIP}",
    }
    assert targets(files, "api/src") == ["cp311-docker"]
    assert targets(files, "docs") == ["cp312-docker"]
