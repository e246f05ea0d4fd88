"""What a program of this folder tells of itself, the same way with either pydantic."""

import json

from pydantic import ValidationError


def show(*values):
    print(json.dumps(values, default=str, sort_keys=True))


def where(make):
    """Where validation failed; pydantic 1 calls the whole model ``__root__``."""
    try:
        made = make()
    except ValidationError as error:
        return [[part for part in one["loc"] if part != "__root__"] for one in error.errors()]
    return repr(made)
