"""Publish the JSON schema of `scene.json` as `docs/scene.schema.json`."""

import json
from pathlib import Path

from sonovista.scene import SceneDocument

TARGET = Path(__file__).parent.parent / "docs" / "scene.schema.json"


def schema_text() -> str:
    """The schema, as it is published."""
    schema = SceneDocument.model_json_schema(mode="validation")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {TARGET.name}")
