"""How pip-compile lays out a requirement: the pin, its hashes, and who asked for it (``# via``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias

from packaging.utils import NormalizedName

AnnotationStyle: TypeAlias = Literal["split", "line"]

# What pip-compile sets apart, since an environment may bring its own.
UNSAFE_PACKAGES: Final = frozenset(map(NormalizedName, ("setuptools", "distribute", "pip")))
UNSAFE_HEADING: Final = (
    "# The following packages are considered to be unsafe in a requirements file:"
)
UNHASHED_HEADING: Final = (
    "# WARNING: The following packages were not pinned, but pip requires them to be",
    "# pinned when the requirements file includes hashes and the requirement is not",
    "# satisfied by a package already installed. Consider using the --allow-unsafe flag.",
)
# In the line style the annotations of short requirements stand in one column.
_WIDTH: Final = 24


def pin_text(
    name: str,
    version: str,
    *,
    extras: Collection[str] = (),
    marker: str = "",
    hashes: Sequence[str] = (),
) -> str:
    """``name[extras]==version ; marker`` with its hashes (``algorithm:digest``), a line each."""
    asked = f"[{','.join(extras)}]" if extras else ""
    line = f"{name}{asked}=={version}"
    if marker:
        line += f" ; {marker}"
    return line + "".join(f" \\\n    --hash={value}" for value in hashes)


def annotation(text: str, sources: Sequence[str], style: AnnotationStyle, *, hashed: bool) -> str:
    """What stands behind the requirement ``text`` to say who asked for it; empty for nobody."""
    if not sources:
        return ""
    if style == "line":
        listed = f"# via {', '.join(sources)}"
        return f"\n    {listed}" if hashed else f"{' ' * (_WIDTH - len(text))}  {listed}"
    if len(sources) == 1:
        return f"\n    # via {sources[0]}"
    return "\n    # via" + "".join(f"\n    #   {source}" for source in sources)
