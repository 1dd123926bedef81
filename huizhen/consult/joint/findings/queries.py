"""Reads of opinion templates."""

from django.db.models import Q

from huizhen.consult.joint.findings.models import OpinionTemplate


def list_templates(specialty: str) -> list[OpinionTemplate]:
    """The templates offered in consultations of a specialty, its own first, then those for all."""
    own = Q(specialty_id=specialty) | Q(specialty_id=specialty.partition(".")[0]) | Q(specialty=None)
    rows = OpinionTemplate.objects.filter(own, active=True)
    return sorted(rows, key=lambda one: (one.specialty_id is None, one.code))


def get_template(code: str) -> OpinionTemplate | None:
    """One template, also one that is no longer offered: drafts go on with what they began with."""
    return OpinionTemplate.objects.filter(code=code).first()
