"""Reads of family links."""

from uuid import UUID

from huizhen.consult.joint.families.models import FamilyLink


def list_links(application_id: UUID) -> list[FamilyLink]:
    """All links of a consultation, the latest first; also those that have ended."""
    rows = FamilyLink.objects.filter(application_id=application_id).select_related("made_by")
    return list(rows.order_by("-id"))
