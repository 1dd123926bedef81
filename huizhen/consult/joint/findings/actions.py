"""Keeping opinion templates: each change of what is asked is a version, and every version stays readable."""

import re
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from huizhen.consult.joint.findings.access import check_manage
from huizhen.consult.joint.findings.models import OpinionTemplate
from huizhen.consult.joint.findings.queries import describe, get_version
from huizhen.consult.joint.findings.rules import check_items
from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotVisible
from huizhen.people.seen import check_seen

ASKED = ("name", "name_en", "items")
LONGEST_CODE = 36


class NameTaken(ValueError):
    """Another template of this specialty has this name."""


@transaction.atomic
def add_template(code: str, *, specialty: str, name: str, name_en: str, items: list[dict[str, Any]]) -> bool:
    """Add a template that comes with the product; false where one of this code is there already, which is left as it
    is.

    Raises:
        BadTemplate.
    """
    check_items(items)
    fields = {"specialty_id": specialty or None, "name": name, "name_en": name_en, "items": items}
    return OpinionTemplate.objects.get_or_create(code=code, defaults=fields)[1]


@transaction.atomic
def save_template(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    name_en: str,
    items: list[dict[str, Any]],
    specialty: str = "",
    active: bool = True,
    code: str = "",
    seen: str = "",
) -> OpinionTemplate:
    """Make a template, or change the one of this code. `seen` is the stamp of `queries.describe` as the page showed it.
    Another name or other items make a new version; opinions that were begun go on with theirs.

    Raises:
        NotAllowed: the actor keeps no templates. NotVisible: no such template. BadTemplate. NameTaken.
        ChangedMeanwhile: it is no longer as the page showed it.
    """
    check_manage(actor)
    check_items(items)
    if OpinionTemplate.objects.filter(name=name, specialty_id=specialty or None).exclude(code=code).exists():
        raise NameTaken(name)
    row = _held(code) if code else OpinionTemplate(code=_code_for(name_en), version=0)
    before = describe(row) if code else {}
    check_seen(before, seen)
    asked = {"name": name, "name_en": name_en, "items": items}
    if {field: getattr(row, field) for field in ASKED} != asked:
        row.version += 1
    row.name, row.name_en, row.items = name, name_en, items
    row.specialty_id, row.active = specialty or None, active
    if changed := audit.compare(before, describe(row)):
        _store(row, new=not code)
        _note(actor, "changed" if code else "made", row, {"changed": changed}, at)
    return row


@transaction.atomic
def restore_version(code: str, version: int, *, actor: Actor, at: datetime, seen: str = "") -> OpinionTemplate:
    """Ask again what an earlier version asked; it becomes a new version, and nothing of what stood between is lost.

    Raises:
        NotAllowed; NotVisible: no such template or version; ChangedMeanwhile.
    """
    check_manage(actor)
    row, old = _held(code), get_version(code, version)
    if old is None or old.version != version:
        raise NotVisible(code)
    before = describe(row)
    check_seen(before, seen)
    row.name, row.name_en, row.items = old.name, old.name_en, old.items
    if changed := audit.compare(before, describe(row)):
        row.version += 1
        row.save()
        _note(actor, "restored", row, {"changed": changed, "version": version}, at)
    return row


def _store(row: OpinionTemplate, *, new: bool) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=new)
    except IntegrityError as error:  # the same one, sent twice at once
        raise NameTaken(row.name) from error


def _held(code: str) -> OpinionTemplate:
    row = OpinionTemplate.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotVisible(code)
    return row


def _code_for(name_en: str) -> str:
    """A short name that no template has yet, readable in addresses: `Lung nodule` becomes `lung-nodule`."""
    stem = re.sub(r"[^a-z0-9]+", "-", name_en.lower()).strip("-")[:LONGEST_CODE] or "template"
    taken = set(OpinionTemplate.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for code in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if code not in taken)


def _note(actor: Actor, act: str, row: OpinionTemplate, data: dict[str, Any], at: datetime) -> None:
    audit.record(
        actor, f"consult.opinion_template.{act}", subject_kind="opinion_template", subject_id=row.code, data=data, at=at
    )
