"""The templates that come with the product (`shipped.toml`); those that are there already are left alone."""

import tomllib
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from typing import Any

from huizhen.consult.joint.findings.actions import add_template

SHIPPED = files("huizhen.consult.joint.findings") / "shipped.toml"


def list_shipped() -> list[dict[str, Any]]:
    """The templates of `shipped.toml`: code, specialty, name in both languages, items."""
    shipped: list[dict[str, Any]] = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["template"]
    return shipped


def load_shipped() -> list[str]:
    """Add those that are not there yet; returns the codes of those that were added."""
    return [
        one["code"] for one in list_shipped()
        if add_template(one["code"], specialty=one["specialty"], name=one["name"], name_en=one["name_en"],
                        items=one["item"])
    ]  # fmt: skip


def load(at: datetime) -> Iterator[str]:
    """The demonstration's part; says how many are new."""
    yield f"opinion templates: {len(load_shipped())} made now"


def load_command() -> None:
    """Add the opinion templates that come with the product; those that are there already are left alone."""
    load_shipped()
