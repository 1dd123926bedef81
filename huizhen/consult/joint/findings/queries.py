"""Reads of opinion templates, and of what they asked before."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q

from huizhen.consult.joint.findings.models import OpinionTemplate


@dataclass(frozen=True)
class Version:
    """What a template asks, or asked, in one of its versions; `now`: as it stands today."""

    code: str
    version: int
    name: str
    name_en: str
    items: list[dict[str, Any]]
    now: bool


def list_templates(specialty: str) -> list[OpinionTemplate]:
    """The templates offered in consultations of a specialty, its own first, then those for all."""
    own = Q(specialty_id=specialty) | Q(specialty_id=specialty.partition(".")[0]) | Q(specialty=None)
    rows = OpinionTemplate.objects.filter(own, active=True)
    return sorted(rows, key=lambda one: (one.specialty_id is None, one.code))


def list_all_templates() -> list[OpinionTemplate]:
    """All of them, those for every specialty last."""
    rows = OpinionTemplate.objects.select_related("specialty")
    return sorted(rows, key=lambda one: (one.specialty_id is None, one.specialty_id or "", one.code))


def get_template(code: str) -> OpinionTemplate | None:
    """One template, also one that is no longer offered: drafts go on with what they began with."""
    return OpinionTemplate.objects.select_related("specialty").filter(code=code).first()


def get_version(code: str, version: int = 0) -> Version | None:
    """A template in one of its versions; without a number, or one that never was, as it stands today."""
    row = get_template(code)
    if row is None:
        return None
    kept = _kept(row) if 0 < version < row.version else []
    return next((one for one in kept if one.version == version), _read(row, row))


def list_versions(code: str) -> list[Version]:
    """Each version of a template as it last stood, the latest first."""
    row = get_template(code)
    return _kept(row) if row else []


def describe(row: OpinionTemplate) -> dict[str, Any]:
    """What a template says, for its history."""
    return {
        "specialty": row.specialty_id or "", "name": row.name, "name_en": row.name_en, "is_offered": row.active,
        "items": row.items,
    }  # fmt: skip


def _kept(row: OpinionTemplate) -> list[Version]:
    events = apps.get_model("consult", "OpinionTemplateEvent").objects.filter(pgh_obj_id=row.code)
    return [_read(one, row) for one in events.order_by("-version", "-pgh_id").distinct("version")]


def _read(kept: Any, row: OpinionTemplate) -> Version:
    return Version(row.code, kept.version, kept.name, kept.name_en, kept.items, kept.version == row.version)
