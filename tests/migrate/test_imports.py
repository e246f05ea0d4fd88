from __future__ import annotations

from pinfix.migrate.imports import Import, imports_of

MAIN = b'''\
"""Doc."""
import os, yaml
import a.b as ab
from app.models import X
from fastapi.responses import JSONResponse
from . import sibling
def later():
    import orjson
try:
    import uvloop
except ImportError:
    uvloop = None
if TYPE_CHECKING:
    import types_only
'''


def test_what_leads_out_of_the_project_is_found_with_its_place() -> None:
    files = {"app/main.py": MAIN, "app/models.py": b"import main\n", "broken.py": b"def (:"}
    assert imports_of(files) == [
        Import("app/main.py", 2, "yaml"),
        Import("app/main.py", 3, "a.b"),
        Import("app/main.py", 5, "fastapi.responses"),
        Import("app/main.py", 8, "orjson"),
        Import("app/main.py", 10, "uvloop", optional=True),
        Import("app/main.py", 14, "types_only", optional=True),
    ]


def test_a_file_in_another_encoding_is_read_too() -> None:
    data = "# -*- coding: latin-1 -*-\nimport x  # é\n".encode("latin-1")
    assert imports_of({"m.py": data}) == [Import("m.py", 2, "x")]
