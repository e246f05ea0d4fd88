"""A value of a TOML, JSON or YAML file by its keys: what it is, and where it stands."""

from __future__ import annotations

from pinfix.deploy.found import Note
from pinfix.deploy.python_version import toml_values
from pinfix.deploy.source import Source
from pinfix.deploy.yaml_places import Node, YamlError, read_json, read_yaml
from pinfix.records import record
from pinfix.requirements.spans import MappedText


@record
class Setting:
    """A string at its line, with its places where these are known."""

    value: str
    line: int
    mapped: MappedText | None


def tree_of(source: Source) -> Node | Note:
    """A YAML or JSON file; where it cannot be read, what to say of that."""
    try:
        return (read_json if source.path.endswith(".json") else read_yaml)(source.text)
    except YamlError as error:
        kind = "JSON" if source.path.endswith(".json") else "YAML"
        return Note(source.path, error.line or 1, f"cannot be read as {kind}: {error}")


def setting(source: Source, *keys: str) -> Setting | None:
    """The string at the keys of a TOML or JSON file; None where there is none."""
    if source.path.endswith(".toml"):
        place = toml_values(source).get(keys)
        if place is None or place.content is None:
            return None
        return Setting(place.content.text, source.line(place.key), place.content)
    tree = tree_of(source)
    node = tree.get(*keys) if isinstance(tree, Node) else None
    return Setting(node.value, node.line, node.mapped()) if node and node.is_scalar else None


def settings_below(source: Source, *keys: str) -> dict[str, Setting]:
    """The strings of a table of a TOML or JSON file."""
    if source.path.endswith(".toml"):
        below = [path for path in toml_values(source) if path[:-1] == keys]
    else:
        tree = tree_of(source)
        node = tree.get(*keys) if isinstance(tree, Node) else None
        below = [(*keys, key.value) for key, _ in node.pairs] if node else []
    found = {str(path[-1]): setting(source, *map(str, path)) for path in below}
    return {key: value for key, value in found.items() if value is not None}
