"""pip's configuration, read as pip reads it: pip itself is the reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinfix.errors import InputError
from pinfix.pip_config import PipConfig, read_pip_config
from pinfix.requirements.format_control import read_format_control

# What pip's own parser of `pip install` has as defaults, under the configuration it finds.
ASK_PIP = """
import json
from pip._internal.commands import create_command
values = create_command("install").parser.get_default_values()
control = values.format_control
print(json.dumps({
    "index-url": values.index_url,
    "extra-index-url": values.extra_index_urls,
    "find-links": values.find_links,
    "trusted-host": values.trusted_hosts,
    "no-index": values.no_index,
    "pre": values.pre,
    "no-binary": sorted(control.no_binary),
    "only-binary": sorted(control.only_binary),
    "constraint": values.constraints,
    "cert": values.cert,
    "client-cert": values.client_cert,
    "proxy": values.proxy or None,
    "timeout": values.timeout,
}))
"""


def of_pip(environ: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", ASK_PIP],
        env={"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore", **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def as_pip_has_it(config: PipConfig) -> dict[str, object]:
    values: dict[str, list[str]] = {}
    for option in config.options:
        values.setdefault(option.option.removeprefix("--"), []).append(option.value or "")
    control = read_format_control(config.options)
    (index_url,) = values.get("index-url", ["https://pypi.org/simple"])
    return {
        "index-url": index_url,
        "extra-index-url": values.get("extra-index-url", []),
        "find-links": values.get("find-links", []),
        "trusted-host": values.get("trusted-host", []),
        "no-index": "no-index" in values,
        "pre": "pre" in values,
        "no-binary": sorted(control.no_binary),
        "only-binary": sorted(control.only_binary),
        "constraint": list(config.constraints),
        "cert": config.cert,
        "client-cert": config.client_cert,
        "proxy": config.proxy,
        "timeout": config.timeout or 15.0,
    }


ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {
        "PIP_INDEX_URL": "https://a.test/simple",
        "PIP_EXTRA_INDEX_URL": "https://b.test https://c.test",
    },
    {"PIP_FIND_LINKS": "/one  /two", "PIP_TRUSTED_HOST": "a.test b.test:8080"},
    {"PIP_NO_INDEX": "1", "PIP_PRE": "yes", "PIP_INDEX_URL": ""},
    {"PIP_NO_INDEX": "0", "PIP_PRE": "false"},
    {"PIP_NO_BINARY": "foo,bar", "PIP_ONLY_BINARY": "baz"},
    {"PIP_DEFAULT_TIMEOUT": "30", "PIP_PROXY": "http://p.test:1", "PIP_CERT": "/ca.pem"},
    {"PIP_TIMEOUT": "5", "PIP_CONSTRAINT": "c.txt d.txt"},
]
FILES = {
    "user": "[global]\nindex-url = https://user.test/simple\ntimeout = 7\n[install]\npre = true\n",
    "site": "[global]\nindex-url: https://site.test/simple\nextra-index-url =\n  https://x.test\n"
    "  https://y.test\n[install]\nfind-links = /wheels\n[download]\nno-index = true\n",
    "named": "[install]\ntrusted-host = n.test\nno_binary = foo\n[global]\nPre = no\n"
    "client-cert = /me.pem\n",
}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A home, an environment and a named file with a configuration each, as variables."""
    home, venv, named = tmp_path / "home", tmp_path / "venv", tmp_path / "named.conf"
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".config" / "pip" / "pip.conf").write_text(FILES["user"])
    venv.mkdir()
    (venv / "pip.conf").write_text(FILES["site"])
    named.write_text(FILES["named"])
    return {"HOME": str(home), "VIRTUAL_ENV": str(venv), "PIP_CONFIG_FILE": str(named)}


@pytest.mark.parametrize("environ", ENVIRONMENTS, ids=str)
def test_variables_are_read_as_pip_reads_them(environ: dict[str, str], tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, **environ}
    assert as_pip_has_it(read_pip_config(environ)) == of_pip(environ)


@pytest.mark.parametrize("environ", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize("named", [True, False])
def test_files_are_read_as_pip_reads_them(
    environ: dict[str, str], named: bool, places: dict[str, str]
) -> None:
    # pip looks beside the Python that runs it, and not where VIRTUAL_ENV points.
    site = Path(places.pop("VIRTUAL_ENV"), "pip.conf")
    site.unlink()
    if not named:
        del places["PIP_CONFIG_FILE"]
    environ = {**places, **environ}
    assert as_pip_has_it(read_pip_config(environ)) == of_pip(environ)


def test_files_of_an_environment_override_the_users(places: dict[str, str]) -> None:
    del places["PIP_CONFIG_FILE"]
    config = read_pip_config(places)
    said = [(o.option, o.value) for o in config.options]
    assert said == [
        ("--index-url", "https://site.test/simple"),
        ("--extra-index-url", "https://x.test"),
        ("--extra-index-url", "https://y.test"),
        ("--find-links", "/wheels"),
        ("--pre", None),
    ]
    first = config.options[0]
    assert (Path(first.path).name, first.line) == ("pip.conf", 2)
    assert config.timeout == 7.0


def test_devnull_switches_all_files_off(places: dict[str, str]) -> None:
    config = read_pip_config(places | {"PIP_CONFIG_FILE": os.devnull})
    assert (config.options, dict(config.files)) == ((), {})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PIP_NO_INDEX": "perhaps"}, "PIP_NO_INDEX: no-index cannot be 'perhaps'"),
        ({"PIP_TIMEOUT": "soon"}, "PIP_TIMEOUT: the timeout cannot be 'soon'"),
        ({"PIP_KEYRING_PROVIDER": "mine"}, "the keyring-provider cannot be 'mine'"),
    ],
)
def test_values_that_mean_nothing_are_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_pip_config({"PIP_CONFIG_FILE": os.devnull, **environ})
    assert said in str(caught.value)


def test_file_that_is_no_configuration_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("index-url = x\n")
    with pytest.raises(InputError, match=r"pip\.conf:1: .*configuration cannot be read"):
        read_pip_config({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(file)})
