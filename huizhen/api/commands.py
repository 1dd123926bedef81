"""`huizhen openapi`: the description of the API as a file."""

import json
import sys
from pathlib import Path

from huizhen.api.server import api

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def render() -> str:
    """The OpenAPI document, the same bytes for the same program."""
    schema = api.get_openapi_schema(path_prefix="api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def write() -> None:
    """Write docs/openapi.json."""
    FILE.write_text(render(), encoding="utf-8")
    sys.stdout.write("docs/openapi.json written\n")
