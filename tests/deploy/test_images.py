from __future__ import annotations

import pytest

from pinfix.deploy.images import read_image
from pinfix.targets.target import parse_target


@pytest.mark.parametrize(
    ("reference", "python", "platform"),
    [
        ("python:3.12", "3.12", "docker"),
        ("python:3.12-slim", "3.12", "docker"),
        ("python:3.12.4-slim-bookworm", "3.12.4", "debian-12"),
        ("python:3.9-bullseye", "3.9", "debian-11"),
        ("python:3.13-trixie", "3.13", "debian-13"),
        ("python:3.7-buster", "3.7", "manylinux_2_28_x86_64"),
        ("python:3.12-alpine", "3.12", "alpine"),
        ("python:3.12-alpine3.19", "3.12", "alpine"),
        ("python:3.6-alpine3.11", "3.6", "musllinux_1_1_x86_64"),
        ("python:3.15.0rc1-slim", "3.15.0", "docker"),
        ("python:3.14-rc-slim", "3.14", "docker"),
        ("python:3.12-windowsservercore-ltsc2022", "3.12", "win_amd64"),
        ("docker.io/library/python:3.12@sha256:" + "0" * 64, "3.12", "docker"),
        ("public.ecr.aws/docker/library/python:3.12-slim-bookworm", "3.12", "debian-12"),
        ("cimg/python:3.11", "3.11", "docker"),
        ("mcr.microsoft.com/devcontainers/python:1-3.12-bookworm", "3.12", "debian-12"),
        ("pypy:3.10-7.3.17-slim", "pp3.10", "docker"),
        ("tiangolo/uvicorn-gunicorn-fastapi:python3.11", "3.11", "docker"),
        ("tiangolo/uvicorn-gunicorn-fastapi:python3.11-slim", "3.11", "docker"),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "3.12", "debian-12"),
        ("ghcr.io/astral-sh/uv:0.9-python3.13-alpine", "3.13", "alpine"),
        ("apache/airflow:2.10.3-python3.12", "3.12", "docker"),
        ("mcr.microsoft.com/azure-functions/python:4-python3.11", "3.11", "docker"),
        ("registry.access.redhat.com/ubi9/python-312:1", "3.12", "manylinux_2_34_x86_64"),
        ("public.ecr.aws/lambda/python:3.12", "3.12", "lambda"),
        ("public.ecr.aws/lambda/python:3.12-arm64", "3.12", "lambda-arm64"),
        ("gcr.io/distroless/python3-debian12:nonroot", "3.11", "debian-12"),
        ("debian:12-slim", None, "debian-12"),
        ("debian:bullseye", None, "debian-11"),
        ("ubuntu:24.04", None, "ubuntu-24"),
        ("ubuntu:jammy-20240111", None, "ubuntu-22"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", None, "ubuntu-22"),
        ("amazonlinux:2023", None, "amazon-linux-2023"),
        ("alpine:3.20", None, "alpine"),
        ("rockylinux:9", None, "manylinux_2_34_x86_64"),
        ("mambaorg/micromamba:1.5-bookworm", None, "debian-12"),
        ("mycompany/base:7", None, None),
        ("scratch", None, None),
    ],
)
def test_python_and_libc_of_an_image(
    reference: str, python: str | None, platform: str | None
) -> None:
    image = read_image(reference)
    assert (image.python, image.platform) == (python, platform)
    if platform is not None:
        parse_target(f"cp312-{platform}")


@pytest.mark.parametrize(
    ("reference", "platform"),
    [
        ("python:3.12", "manylinux_2_36_aarch64"),
        ("python:3.12-alpine", "alpine-arm64"),
        ("python:3.12-bullseye", "manylinux_2_31_aarch64"),
        ("public.ecr.aws/lambda/python:3.12", "lambda-arm64"),
    ],
)
def test_arm_images_are_of_another_machine(reference: str, platform: str) -> None:
    assert read_image(reference, "aarch64").platform == platform


@pytest.mark.parametrize(
    ("reference", "python"),
    [
        ("debian:11", "3.9"),
        ("debian:13-slim", "3.13"),
        ("ubuntu:20.04", "3.8"),
        ("ubuntu:24.04", "3.12"),
        ("ubuntu:26.04", "3.14"),
        ("alpine:3.19", "3.11"),
        ("alpine:3.21", "3.12"),
        ("alpine", None),
    ],
)
def test_a_system_has_a_python_of_its_own(reference: str, python: str | None) -> None:
    assert read_image(reference).system_python == python


@pytest.mark.parametrize("reference", ["python", "python:latest", "python:3", "python:slim"])
def test_image_without_a_version_is_the_newest_python_and_says_so(reference: str) -> None:
    image = read_image(reference)
    assert image.python == "3.15"
    assert "whatever Python is newest (3.15 in November 2026)" in image.said
    assert image.version is None


@pytest.mark.parametrize(
    "reference", ["python:3.12.4-slim", "ghcr.io/astral-sh/uv:python3.12-alpine", "pypy:3.10"]
)
def test_place_of_the_version_is_that_of_its_digits(reference: str) -> None:
    version = read_image(reference).version
    assert version is not None
    assert reference[slice(*version)] in ("3.12.4", "3.12", "3.10")
