"""The published schemas are those of the models, and what the commands write fits them."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analyzer.render import schemas

ROOT = Path(__file__).resolve().parents[3]


def published(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", schemas.NAMES)
def test_published_schemas_are_the_models(name: str) -> None:
    """To publish again: run this file."""
    assert published(name) == schemas.schema(name)
    jsonschema.Draft202012Validator.check_schema(published(name))


if __name__ == "__main__":
    for each in schemas.NAMES:
        text = json.dumps(schemas.schema(each), indent=1, ensure_ascii=False)
        (ROOT / "docs" / "schemas" / f"{each}.schema.json").write_text(text + "\n", encoding="utf-8")
