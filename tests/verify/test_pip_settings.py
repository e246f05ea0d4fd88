"""What pip is told, and what nobody can read off its command line."""

from __future__ import annotations

import netrc
import stat
from pathlib import Path

import pytest

from pinfix.errors import UsageError
from pinfix.inputs import Sources
from pinfix.pip_config import read_pip_config
from pinfix.verify.pip_settings import pip_environ

CONFIG = read_pip_config({"PIP_CONFIG_FILE": "/dev/null", "PIP_TIMEOUT": "7"})


def settings(sources: Sources, tmp_path: Path, **environ: str) -> dict[str, str]:
    return pip_environ(sources, CONFIG, tmp_path, {"HOME": str(tmp_path / "home"), **environ})


def test_credentials_go_into_a_file_that_is_ones_own(tmp_path: Path) -> None:
    sources = Sources("https://me:s3cret@host.example/simple", ("https://you:w0rd@other.example/",))
    found = settings(sources, tmp_path)
    assert found["PIP_INDEX_URL"] == "https://host.example/simple"
    assert found["PIP_EXTRA_INDEX_URL"] == "https://other.example/"
    assert not any("s3cret" in value or "w0rd" in value for value in found.values())
    file = Path(found["NETRC"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    logins = netrc.netrc(file)
    assert logins.authenticators("host.example") == ("me", "", "s3cret")
    assert logins.authenticators("other.example") == ("you", "", "w0rd")


def test_ones_own_netrc_holds_beside_them(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".netrc").write_text("machine third.example login a password b\n")
    found = settings(Sources("https://me:s3cret@host.example/simple"), tmp_path)
    logins = netrc.netrc(found["NETRC"])
    assert logins.authenticators("third.example") == ("a", "", "b")
    assert logins.authenticators("host.example") == ("me", "", "s3cret")


@pytest.mark.parametrize(
    "extra", ["https://you:other@host.example/more", "https://you:with%20space@third.example/"]
)
def test_credentials_that_netrc_cannot_hold_are_refused(tmp_path: Path, extra: str) -> None:
    sources = Sources("https://me:s3cret@host.example/simple", (extra,))
    with pytest.raises(UsageError, match="netrc") as refused:
        settings(sources, tmp_path)
    assert "s3cret" not in str(refused.value)


def test_pips_own_variables_do_not_count(tmp_path: Path) -> None:
    given = {"PIP_NO_BINARY": ":all:", "PIP_TARGET": "/x", "PIP_EXTRA_INDEX_URL": "https://x/"}
    found = settings(Sources(), tmp_path, **given)
    assert not {"PIP_NO_BINARY", "PIP_TARGET", "PIP_EXTRA_INDEX_URL"} & set(found)
    assert found["PIP_INDEX_URL"] == "https://pypi.org/simple/"
    assert found["PIP_TIMEOUT"] == "7"


def test_folders_are_addresses(tmp_path: Path) -> None:
    links = tmp_path / "my wheels"
    found = settings(Sources(find_links=(str(links),), no_index=True), tmp_path)
    assert found["PIP_FIND_LINKS"] == links.as_uri()
    assert found["PIP_NO_INDEX"] == "1"
    assert "PIP_INDEX_URL" not in found
