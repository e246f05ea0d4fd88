"""The platform half of a target: its canonical name, the wheel tags it takes, its markers.

Linux follows PEP 600 (manylinux: every glibc up to its own, and the older names manylinux1,
manylinux2010 and manylinux2014) and PEP 656 (musllinux); macOS is expanded by ``packaging``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packaging.tags import mac_platforms

from pinfix.errors import UsageError
from pinfix.records import record
from pinfix.targets.presets import PRESETS

# PEP 600: what the names that came before it stand for; PEP 513, 571, 599.
LEGACY_GLIBC = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}
# The glibc of the first manylinux; other machines than Intel's came with manylinux2014.
_OLDEST_GLIBC = {"x86_64": 5, "i686": 5}
_OLDEST_GLIBC_ELSEWHERE = 17
_NEWEST_IMAGINABLE = 99

LINUX_MACHINES = (
    "x86_64",
    "aarch64",
    "i686",
    "armv7l",
    "ppc64le",
    "s390x",
    "riscv64",
    "loongarch64",
)
MAC_MACHINES = ("arm64", "x86_64")
WINDOWS_MACHINES = {"win_amd64": "AMD64", "win32": "x86", "win_arm64": "ARM64"}

# What a short form means: the build image that most wheels are made for today, the musl of every
# supported Alpine, the macOS that uv takes as its default.
SHORT_FORMS = {
    "manylinux": "manylinux_2_28_x86_64",
    "linux": "manylinux_2_28_x86_64",
    "musllinux": "musllinux_1_2_x86_64",
    "macosx": "macosx_13_0_arm64",
    "macos": "macosx_13_0_arm64",
    "windows": "win_amd64",
    "win": "win_amd64",
    "win_x86_64": "win_amd64",
    "win_aarch64": "win_arm64",
    "win_32": "win32",
}
_MACHINE_SPELLINGS = {
    "linux": {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64", "i386": "i686"},
    "macosx": {"aarch64": "arm64", "amd64": "x86_64"},
}
_DEFAULT_VERSIONS = {"manylinux": (2, 28), "musllinux": (1, 2), "macosx": (13, 0)}
_VERSIONED = re.compile(r"(manylinux|musllinux|macosx)(?:_(\d+)_(\d+))?(?:_([a-z]\w*))?")
_LEGACY = re.compile(r"(manylinux1|manylinux2010|manylinux2014)(?:_([a-z]\w*))?")


@record
class Platform:
    """One platform, by its most specific wheel tag (``manylinux_2_28_x86_64``) or ``any``.

    ``family`` is ``manylinux``, ``musllinux``, ``macosx``, ``win`` or ``any``; ``version`` that of
    glibc, musl or macOS, else (0, 0); ``machine`` as in wheel tags.
    """

    family: str
    version: tuple[int, int]
    machine: str

    @property
    def name(self) -> str:
        """The canonical spelling, which for all but ``any`` is a platform tag of PEP 425."""
        if self.family == "any":
            return "any"
        if self.family == "win":
            return self.machine
        return "{}_{}_{}_{}".format(self.family, *self.version, self.machine)

    def tags(self) -> tuple[str, ...]:
        """The platform tags of the wheels it takes, best first, ordered as pip orders them."""
        if self.family == "manylinux":
            return (f"linux_{self.machine}", *self._manylinux())
        if self.family == "musllinux":
            major, minor = self.version
            musl = (f"musllinux_{major}_{m}_{self.machine}" for m in range(minor, -1, -1))
            return (f"linux_{self.machine}", *musl)
        if self.family == "macosx":
            return tuple(mac_platforms(self.version, self.machine))
        return (self.name,)

    def _manylinux(self) -> Iterator[str]:
        legacy = {minor: name for name, minor in LEGACY_GLIBC.items()}
        for minor in range(self.version[1], oldest_glibc(self.machine) - 1, -1):
            yield f"manylinux_2_{minor}_{self.machine}"
            if minor in legacy:
                yield f"{legacy[minor]}_{self.machine}"

    def markers(self) -> Mapping[str, str]:
        """The PEP 508 variables that the platform decides.

        ``platform_release`` and ``platform_version`` (the kernel's) are unknown for a platform
        that is not here, hence empty, as PEP 508 says and uv does. ``any`` is asked as Linux.
        """
        if self.family == "win":
            system = ("nt", "win32", "Windows", WINDOWS_MACHINES[self.machine])
        elif self.family == "macosx":
            system = ("posix", "darwin", "Darwin", self.machine)
        else:
            system = ("posix", "linux", "Linux", self.machine)
        keys = ("os_name", "sys_platform", "platform_system", "platform_machine")
        return {**dict(zip(keys, system, strict=True)), **_UNKNOWN_KERNEL}

    def describe(self) -> str:
        """The platform in words: ``Linux x86_64, glibc 2.28``."""
        version = "{}.{}".format(*self.version)
        return {
            "manylinux": f"Linux {self.machine}, glibc {version}",
            "musllinux": f"Linux {self.machine}, musl {version}",
            "macosx": f"macOS {version} {self.machine}",
            "win": f"Windows {WINDOWS_MACHINES.get(self.machine, '')}",
            "any": f"pure wheels only (markers as on Linux {self.machine})",
        }[self.family]


_UNKNOWN_KERNEL = {"platform_release": "", "platform_version": ""}


def oldest_glibc(machine: str) -> int:
    """Minor version of the oldest glibc that has manylinux wheels for the machine."""
    return _OLDEST_GLIBC.get(machine, _OLDEST_GLIBC_ELSEWHERE)


def parse_platform(text: str) -> Platform:
    """Read a platform, such as ``manylinux``, ``manylinux2014_aarch64`` or ``macosx_13_0_arm64``.

    ``-`` and ``.`` count as ``_``. Raises UsageError naming the nearest valid forms where the text
    is none.
    """
    plain = text.replace("-", "_").replace(".", "_")
    plain = SHORT_FORMS.get(plain, plain)
    if plain == "any":
        return Platform("any", (0, 0), "x86_64")
    if plain in WINDOWS_MACHINES:
        return Platform("win", (0, 0), plain)
    if plain.startswith(("linux_", "macos_")):
        plain = plain.replace("linux_", "manylinux_", 1).replace("macos_", "macosx_", 1)
    legacy = _LEGACY.fullmatch(plain)
    if legacy:
        return _platform(text, "manylinux", (2, LEGACY_GLIBC[legacy[1]]), legacy[2])
    match = _VERSIONED.fullmatch(plain)
    if match is None:
        raise UsageError(_unknown(text))
    version = (int(match[2]), int(match[3])) if match[2] else _DEFAULT_VERSIONS[match[1]]
    return _platform(text, match[1], version, match[4])


def _platform(text: str, family: str, version: tuple[int, int], machine: str | None) -> Platform:
    mac = family == "macosx"
    machines = MAC_MACHINES if mac else LINUX_MACHINES
    spellings = _MACHINE_SPELLINGS["macosx" if mac else "linux"]
    known = spellings.get(machine, machine) if machine else machines[0]
    if known not in machines:
        raise UsageError(
            f"{text!r}: {known} is no machine with {family} wheels; one of {', '.join(machines)}"
        )
    problem = _bad_version(family, version, known)
    if problem:
        raise UsageError(f"{text!r}: {problem}")
    return Platform(family, version, known)


def _bad_version(family: str, version: tuple[int, int], machine: str) -> str | None:
    major, minor = version
    if max(version) > _NEWEST_IMAGINABLE:
        return f"there is no version {major}.{minor}"
    if family == "manylinux" and (major != 2 or minor < oldest_glibc(machine)):
        return f"manylinux for {machine} begins with manylinux_2_{oldest_glibc(machine)}_{machine}"
    if family == "musllinux" and major != 1:
        return f"musl is at 1.x: write musllinux_1_2_{machine}"
    if family == "macosx" and version < ((11, 0) if machine == "arm64" else (10, 4)):
        first = "macosx_11_0_arm64" if machine == "arm64" else "macosx_10_4_x86_64"
        return f"macOS wheels for {machine} begin with {first}"
    return None


def known_platforms() -> tuple[str, ...]:
    """The forms to propose where a text is none: the short ones and the common full ones."""
    return (
        *("manylinux", "musllinux", "macosx", "windows", "any", "host"),
        *("manylinux_2_17_x86_64", "manylinux_2_28_x86_64", "manylinux_2_28_aarch64"),
        *("manylinux2014_x86_64", "manylinux2014_aarch64", "musllinux_1_2_aarch64"),
        *("musllinux_1_2_x86_64", "macosx_13_0_arm64", "macosx_13_0_x86_64", *WINDOWS_MACHINES),
    )


def _unknown(text: str) -> str:
    import difflib  # for who mistyped alone

    near = difflib.get_close_matches(text, (*PRESETS, *known_platforms()), n=3, cutoff=0.6)
    return f"{text!r} is no platform that pinfix knows; write {' or '.join(near or _USUAL)}"


_USUAL = ("manylinux", "musllinux", "macosx", "windows", "any")
