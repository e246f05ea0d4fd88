"""pip's own configuration, which decides where pip will look for what pinfix wrote.

Read as pip's documentation has it: the global file, the user's, the environment's, each overriding
those before, and the one that ``PIP_CONFIG_FILE`` names, which takes the place of the user's. Of
their sections ``[install]`` overrides ``[global]``; ``PIP_*`` variables override all files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, cast, get_args

from pinfix.errors import InputError
from pinfix.index.logins import KeyringProvider
from pinfix.records import record
from pinfix.requirements.lines import OptionLine
from pinfix.requirements.spans import Span

if TYPE_CHECKING:
    from configparser import RawConfigParser

# What pip takes as a flag, a single value, or several separated by white space.
_FLAGS: Final = ("no-index", "pre")
_SINGLE: Final = ("index-url", "no-binary", "only-binary")
_SEVERAL: Final = ("extra-index-url", "find-links", "trusted-host", "constraint")
_CONNECTION: Final = ("cert", "client-cert", "proxy", "timeout", "keyring-provider")
# pip's older names for the same options.
_ALIASES: Final = {"default-timeout": "timeout", "pypi-url": "index-url"}
_KEYS: Final = (*_ALIASES, *_FLAGS, *_SINGLE, *_SEVERAL, *_CONNECTION)
_TRUE: Final = {"y", "yes", "t", "true", "on", "1"}
_FALSE: Final = {"n", "no", "f", "false", "off", "0"}
_SECTIONS: Final = ("global", "install")

# The environment variables that a configuration depends on.
VARIABLES: Final = (
    *(f"PIP_{key.upper().replace('-', '_')}" for key in _KEYS),
    *("PIP_CONFIG_FILE", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", "VIRTUAL_ENV"),
)


@record
class PipConfig:
    """What pip is configured to, beside what files and the command line say.

    ``options`` are what files may say as well, as if they stood before all else; the others are
    called as pip calls them, and None where nothing is said. ``timeout`` is in seconds. ``files``
    is each file that was read, None where there was none.
    """

    options: tuple[OptionLine, ...]
    constraints: tuple[str, ...]
    cert: str | None
    client_cert: str | None
    proxy: str | None
    timeout: float | None
    keyring_provider: KeyringProvider
    files: Mapping[str, bytes | None]


@record
class _Setting:
    """A value, and where it stands: a file with its line, or a variable with line 0."""

    value: str
    path: str
    line: int


def read_pip_config(environ: Mapping[str, str]) -> PipConfig:
    """The configuration in force. Raises InputError for a file or a value that pip would refuse."""
    files = {path: _bytes(path) for path in _places(environ)}
    settings: dict[str, _Setting] = {}
    read = [(path, data.decode("utf-8", "replace")) for path, data in files.items() if data]
    parsed = [(path, text, _parsed(path, text)) for path, text in read]
    for section in _SECTIONS:
        for path, text, parser in parsed:
            for key, value in parser.items(section) if parser.has_section(section) else ():
                if value and value.strip():
                    name = key.replace("_", "-").removeprefix("--")
                    settings[_ALIASES.get(name, name)] = _Setting(
                        value.strip(), path, _line(text, section, key)
                    )
    for key in _KEYS:
        variable = f"PIP_{key.upper().replace('-', '_')}"
        if value := environ.get(variable, "").strip():
            settings[_ALIASES.get(key, key)] = _Setting(value, variable, 0)
    constraint = settings.get("constraint")
    said = {key: settings[key].value for key in ("cert", "client-cert", "proxy") if key in settings}
    return PipConfig(
        options=tuple(_options(settings)),
        constraints=tuple(constraint.value.split()) if constraint is not None else (),
        cert=said.get("cert"),
        client_cert=said.get("client-cert"),
        proxy=said.get("proxy"),
        timeout=_timeout(settings.get("timeout")),
        keyring_provider=_provider(settings.get("keyring-provider")),
        files=files,
    )


def _options(settings: Mapping[str, _Setting]) -> Iterator[OptionLine]:
    for key in (*_SINGLE, *_SEVERAL, *_FLAGS):
        setting = settings.get(key)
        if setting is None or key == "constraint":
            continue
        values: list[str | None] = [setting.value]
        if key in _SEVERAL:
            values = [*setting.value.split()]
        elif key in _FLAGS:
            values = [None] if _is_true(setting, key) else []
        for value in values:
            yield OptionLine(
                path=setting.path,
                line=setting.line,
                option=f"--{key}",
                value=value,
                span=_NOWHERE,
                value_span=None,
                line_span=_NOWHERE,
                comment_span=None,
            )


_NOWHERE: Final = Span(0, 0)


def _timeout(setting: _Setting | None) -> float | None:
    if setting is None:
        return None
    try:
        return float(setting.value)
    except ValueError:
        raise _refused(setting, "the timeout", "It is a number of seconds.") from None


def _provider(setting: _Setting | None) -> KeyringProvider:
    if setting is None:
        return "auto"
    for provider in get_args(KeyringProvider):
        if setting.value == provider:
            return cast("KeyringProvider", provider)
    hint = f"pip takes {', '.join(get_args(KeyringProvider))}."
    raise _refused(setting, "the keyring-provider", hint)


def _refused(setting: _Setting, what: str, hint: str) -> InputError:
    return InputError(
        f"{what} cannot be {setting.value!r}",
        path=setting.path,
        line=setting.line or None,
        hint=hint,
    )


def _is_true(setting: _Setting, key: str) -> bool:
    value = setting.value.lower()
    if value not in _TRUE | _FALSE:
        raise _refused(setting, key, "pip takes yes and no, true and false, on and off, 1 and 0.")
    return value in _TRUE


def _places(environ: Mapping[str, str]) -> list[str]:
    """Where pip looks for its configuration, each overriding those before."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    everybody, own, site = _usual_places(environ)
    if named and os.path.exists(named):
        own = []
    return list(dict.fromkeys([*everybody, *own, site, *([named] if named else [])]))


def _usual_places(environ: Mapping[str, str]) -> tuple[list[str], list[str], str]:
    """The files for everybody, for the user and for the environment."""
    home = environ.get("HOME") or os.path.expanduser("~")
    venv = environ.get("VIRTUAL_ENV") or sys.prefix
    platform = str(sys.platform)
    if platform == "win32":
        everybody = os.path.join(environ.get("PROGRAMDATA", r"C:\ProgramData"), "pip", "pip.ini")
        own = os.path.join(environ.get("APPDATA", home), "pip", "pip.ini")
        return [everybody], [os.path.join(home, "pip", "pip.ini"), own], f"{venv}\\pip.ini"
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    places = [os.path.join(folder, "pip", "pip.conf") for folder in folders if folder]
    places.append("/etc/pip.conf")
    if platform == "darwin":
        support = os.path.join("Library", "Application Support")
        places = [os.path.join("/", support, "pip", "pip.conf")]
        if os.path.isdir(os.path.join(home, support, "pip")):
            config = os.path.join(home, support)
    own_places = [os.path.join(home, ".pip", "pip.conf"), os.path.join(config, "pip", "pip.conf")]
    return places, own_places, os.path.join(venv, "pip.conf")


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"pip's configuration cannot be read: {error.strerror}",
            path=path,
            hint=f"With PIP_CONFIG_FILE={os.devnull} neither pip nor pinfix reads any.",
        ) from error


def _parsed(path: str, text: str) -> RawConfigParser:
    import configparser  # 3 ms that most runs do not need

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, path)
    except configparser.Error as error:
        raise InputError(
            f"pip's configuration cannot be read: {str(error).splitlines()[0]}",
            path=path,
            line=getattr(error, "lineno", None),
            hint=f"With PIP_CONFIG_FILE={os.devnull} neither pip nor pinfix reads any.",
        ) from error
    return parser


def _line(text: str, section: str, key: str) -> int:
    """The line that sets a key in a section, counted from 1."""
    inside, found = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            inside = line.partition("]")[0][1:]
        elif inside == section and line.replace(":", "=").partition("=")[0].strip().lower() == key:
            found = number
    return found
