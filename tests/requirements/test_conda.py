"""Lines of a conda export: read as pins where that is asked for and certain, else refused."""

from __future__ import annotations

import pytest

from pinfix.errors import InputError
from pinfix.requirements.document import parse_document
from pinfix.requirements.edits import apply_edits, set_specifier

EXPORT = b"# platform: linux-64\nnumpy=1.21.0=py38h9894fe3_0\r\n  PyYAML=5.4.1=pypi_0  # why\n"


def test_exported_lines_are_pins_with_their_places() -> None:
    document = parse_document(EXPORT, "export.txt", repair=True)
    numpy, yaml = document.requirements
    assert (str(numpy.pin), numpy.name, numpy.repaired) == ("1.21.0", "numpy", True)
    assert (str(yaml.pin), yaml.name) == ("5.4.1", "pyyaml")
    edits = [set_specifier(line, f"=={line.pin}") for line in document.requirements]
    assert apply_edits(document, edits) == (
        b"# platform: linux-64\nnumpy==1.21.0\r\n  PyYAML==5.4.1  # why\n"
    )


def test_exported_lines_are_refused_as_pip_refuses_them_where_nobody_asks_for_repair() -> None:
    with pytest.raises(InputError, match="conda export"):
        parse_document(EXPORT, "export.txt")


@pytest.mark.parametrize(
    "line", ["numpy=1.21.0", "_libgcc_mutex=0.1=main", "numpy=latest=py38_0", "a=1=b=c"]
)
def test_what_is_not_certain_stays_refused(line: str) -> None:
    with pytest.raises(InputError):
        parse_document(line.encode(), "export.txt", repair=True)
