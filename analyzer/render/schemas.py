"""JSON Schemas (draft 2020-12) of what `diff`, `history` and `matrix` write, made from the models.

They are published in docs/schemas. Not handled: formats that have a schema of their own elsewhere (SARIF).
"""

from typing import Any

import msgspec

from analyzer.model.difference import Difference
from analyzer.model.history import History, Matrix
from analyzer.render import diffjson

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAMES = ("kcg-diff-1", "kcg-history-1", "kcg-matrix-1")


def schema(name: str) -> dict[str, Any]:
    """The schema of one of NAMES."""
    model = {"kcg-diff-1": Difference, "kcg-history-1": History, "kcg-matrix-1": Matrix}[name]
    (reference,), definitions = msgspec.json.schema_components([model])
    found = {key: _strict(value) for key, value in definitions.items()}
    root = found.pop(reference["$ref"].rpartition("/")[2])
    extra: dict[str, Any] = {"schema": {"const": name}}
    if name == diffjson.SCHEMA:
        found = {key: _nullable(value) for key, value in found.items()}
        root = _nullable(root)
        extra["differs"] = {"type": "boolean"}
        root["properties"] = {diffjson.section(key): value for key, value in root["properties"].items()}
        root["required"] = [key for key in root["properties"] if key not in diffjson.SECTIONS]
    root["properties"] = {**extra, **root["properties"]}
    root["required"] = [*extra, *root["required"]]
    return {"$schema": _DRAFT, **root, "title": name, "$defs": dict(sorted(found.items()))}


def _strict(definition: dict[str, Any]) -> dict[str, Any]:
    """Every key is always there, and no other."""
    return {**_plain(definition), "required": list(definition["properties"]), "additionalProperties": False}


def _plain(value: Any) -> Any:
    """Without defaults: a written key has a value."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key != "default"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _nullable(value: Any) -> Any:
    """With null for an empty text, as `analyzer.render.diffjson` writes it."""
    if isinstance(value, list):
        return [_nullable(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {key: _nullable(inner) for key, inner in value.items()}
    if made.get("type") == "string":
        made["type"] = ["string", "null"]
    if "" in made.get("enum", ()):
        made["enum"] = [item or None for item in made["enum"]]
    return made
