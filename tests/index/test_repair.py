from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from pinfix.index.repair import parse_requires_dist, read_requires_dist, repair_requires_python


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        (">=3.6.*", ">=3.6"),
        ("!=3.0*", "!=3.0.*"),
        (">=2.7,!=3.0*,!=3.1*", ">=2.7,!=3.0.*,!=3.1.*"),
        (">= '2.7'", ">=2.7"),
        ('>="3.6"', ">=3.6"),
        (">=2.7, !=3.0.*, !=3.1.*', !=3.2.*'", ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*"),
        (">=7.2.0<8.0.0", ">=7.2.0,<8.0.0"),
        (">=3.6 <4", ">=3.6,<4"),
        ("!=~5.0,>=4.12", "!=5.0.*,>=4.12"),
        (">=2.7,!=3.0.*,<3.4.*", ">=2.7,!=3.0.*,<3.4"),
        (">dev", ">0.0.0dev"),
        (">=9.0.0a1.0", ">=9.0.0a1"),
        (">=3.6,", ">=3.6"),
        (">=1.0*", ">=1.0"),
    ],
)
def test_misspelt_requires_python_is_read_as_meant(misspelt: str, meant: str) -> None:
    assert repair_requires_python(misspelt) == SpecifierSet(meant)


@pytest.mark.parametrize("text", ["three", "3.6", "*", ">=", ">=3.6;"])
def test_hopeless_requires_python_is_none(text: str) -> None:
    assert repair_requires_python(text) is None


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("foo2 (>=1.0.*)", "foo2>=1.0"),
        ("elasticsearch-dsl (>=7.2.0<8.0.0)", "elasticsearch-dsl>=7.2.0,<8.0.0"),
        ("jupyter-core (!=~5.0,>=4.12)", "jupyter-core!=5.0.*,>=4.12"),
        ("botocore>=1.3.0,<1.4.0',", "botocore>=1.3.0,<1.4.0"),
        ("numpy \">=1.19\"; python_version >= '3.7'", "numpy>=1.19; python_version >= '3.7'"),
        ("foo3[a,b] >=1<2 ; extra == 't'", "foo3[a,b]>=1,<2; extra == 't'"),
        ("'numpy' >=1.19", "numpy>=1.19"),
    ],
)
def test_misspelt_requirement_is_read_as_meant(misspelt: str, meant: str) -> None:
    assert parse_requires_dist(misspelt) == Requirement(meant)
    assert Requirement(read_requires_dist(misspelt)[1]) == Requirement(meant)


@pytest.mark.parametrize("text", ["", "what? ever!", "foo (1.0)", "foo @", "a" * 5000 + "("])
def test_hopeless_requirement_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequirement):
        parse_requires_dist(text)


@pytest.mark.parametrize(
    "text", ["foo", "foo>=1", "foo[x]>=1,<2; os_name == 'nt'", "foo @ https://e.x/f.zip"]
)
def test_a_valid_requirement_keeps_its_text(text: str) -> None:
    assert read_requires_dist(text) == (Requirement(text), text)


@settings(max_examples=200, deadline=None)
@given(st.text("<>=!~.*',1a ", max_size=14))
def test_repair_never_fails_and_never_touches_what_is_valid(text: str) -> None:
    read = repair_requires_python(text)
    try:
        assert read == SpecifierSet(text)
    except ValueError:
        assert read is None or isinstance(read, SpecifierSet)
