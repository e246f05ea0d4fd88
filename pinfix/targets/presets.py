"""Deploy hosts by name: the platform each stands for, as data, with the reason.

A preset is a platform only; the Python comes from the target's tag (``cp313-render``). Where a
host runs several systems, or where its maker promises none, the oldest glibc is meant: a wheel
for an older glibc runs on every newer one, never the other way round.
"""

from __future__ import annotations

from pinfix.records import record


@record
class Preset:
    """A deploy host's platform. ``since`` lists platforms by the first Python that runs on them.

    ``reason`` is one line for a person, ``evidence`` where it can be read.
    """

    since: tuple[tuple[tuple[int, int], str], ...]
    reason: str
    evidence: str

    def platform_for(self, python: tuple[int, int]) -> str:
        """The platform that the host gives to a Python X.Y."""
        fitting = [platform for first, platform in self.since if first <= python]
        return fitting[-1] if fitting else self.since[0][1]


def _always(platform: str, reason: str, evidence: str) -> Preset:
    return Preset((((3, 0), platform),), reason, evidence)


_AWS = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"
_AWS_REASON = "Amazon Linux 2023 (glibc 2.34) from Python 3.12, before that Amazon Linux 2 (2.26)"
_DEBIAN = "https://packages.debian.org/search?searchon=sourcenames&keywords=glibc"
_UBUNTU = "https://packages.ubuntu.com/search?searchon=sourcenames&keywords=glibc"
_HEROKU = "https://devcenter.heroku.com/articles/stack"
_GITHUB = "https://github.com/actions/runner-images#available-images"
_GOOGLE = "https://cloud.google.com/functions/docs/runtime-support"
_ALPINE = "https://wiki.musl-libc.org/projects-using-musl.html"
_AMAZON = "https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html"


def _lambda(machine: str) -> Preset:
    platforms = (f"manylinux_2_26_{machine}", f"manylinux_2_34_{machine}")
    return Preset((((3, 0), platforms[0]), ((3, 12), platforms[1])), _AWS_REASON, _AWS)


def _google() -> Preset:
    since = (
        ((3, 0), "manylinux_2_27_x86_64"),
        ((3, 10), "manylinux_2_35_x86_64"),
        ((3, 14), "manylinux_2_39_x86_64"),
    )
    reason = "Ubuntu 24.04 (glibc 2.39) from Python 3.14, 22.04 (2.35) from 3.10, before that 18.04"
    return Preset(since, reason, _GOOGLE)


PRESETS: dict[str, Preset] = {
    "render": _always(
        "manylinux_2_31_x86_64",
        "native services run Debian; 11 (glibc 2.31) is the oldest of them",
        "https://render.com/docs/native-runtimes",
    ),
    "heroku": _always(
        "manylinux_2_35_x86_64",
        "the oldest supported stack, heroku-22, is Ubuntu 22.04 (glibc 2.35)",
        _HEROKU,
    ),
    "heroku-22": _always("manylinux_2_35_x86_64", "Ubuntu 22.04 (glibc 2.35)", _HEROKU),
    "heroku-24": _always("manylinux_2_39_x86_64", "Ubuntu 24.04 (glibc 2.39)", _HEROKU),
    "railway": _always(
        "manylinux_2_35_x86_64",
        "Nixpacks builds on Ubuntu 22.04 (glibc 2.35), Railpack on Debian 12 (2.36)",
        "https://docs.railway.com/reference/railpack",
    ),
    "fly": _always(
        "manylinux_2_36_x86_64",
        "a Dockerfile decides; python:X.Y-slim on Debian 12 (glibc 2.36) is the usual one",
        "https://fly.io/docs/python/",
    ),
    "vercel": Preset(
        (((3, 0), "manylinux_2_26_x86_64"), ((3, 12), "manylinux_2_34_x86_64")),
        _AWS_REASON,
        "https://vercel.com/docs/builds/build-image",
    ),
    "lambda": _lambda("x86_64"),
    "lambda-x86-64": _lambda("x86_64"),
    "lambda-arm64": _lambda("aarch64"),
    "google-functions": _google(),
    "github-ubuntu": _always(
        "manylinux_2_35_x86_64", "the oldest image, ubuntu-22.04, has glibc 2.35", _GITHUB
    ),
    "github-macos": _always("macosx_14_0_arm64", "the oldest image is macOS 14 on arm64", _GITHUB),
    "github-windows": _always("win_amd64", "Windows Server on AMD64", _GITHUB),
    "alpine": _always("musllinux_1_2_x86_64", "Alpine 3.13 and newer have musl 1.2", _ALPINE),
    "alpine-arm64": _always(
        "musllinux_1_2_aarch64", "Alpine 3.13 and newer have musl 1.2", _ALPINE
    ),
    "docker": _always(
        "manylinux_2_36_x86_64",
        "python:X.Y-slim is Debian 12 or newer (glibc 2.36)",
        "https://hub.docker.com/_/python",
    ),
    "debian-11": _always("manylinux_2_31_x86_64", "glibc 2.31", _DEBIAN),
    "debian-12": _always("manylinux_2_36_x86_64", "glibc 2.36", _DEBIAN),
    "debian-13": _always("manylinux_2_41_x86_64", "glibc 2.41", _DEBIAN),
    "ubuntu-20": _always("manylinux_2_31_x86_64", "glibc 2.31", _UBUNTU),
    "ubuntu-22": _always("manylinux_2_35_x86_64", "glibc 2.35", _UBUNTU),
    "ubuntu-24": _always("manylinux_2_39_x86_64", "glibc 2.39", _UBUNTU),
    "amazon-linux-2": _always("manylinux_2_26_x86_64", "glibc 2.26", _AMAZON),
    "amazon-linux-2023": _always("manylinux_2_34_x86_64", "glibc 2.34", _AMAZON),
}


def find_preset(text: str) -> Preset | None:
    """The preset of that name, ``_`` and ``-`` being the same (``lambda-x86_64``)."""
    return PRESETS.get(text.replace("_", "-"))
