"""Reads of laboratory exceptions."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.lab.exceptions.models import Kind, Trouble

KINDS = Kind.choices


def get_trouble(case_id: UUID) -> Trouble | None:
    """The exception of a case."""
    found = Trouble.objects.select_related("case__owner", "site", "laboratory", "proposed_by")
    return found.filter(case_id=case_id).first()


def list_open(
    *, laboratory_ids: Iterable[UUID] = (), organisation_ids: Iterable[UUID] = (), kind: str = "", limit: int = 200
) -> list[Trouble]:
    """Open exceptions of these laboratories, or of the sites of these organisations; what is due first in front."""
    found = _of(laboratory_ids, organisation_ids).filter(closed_at=None).select_related("case__owner", "site")
    found = found.filter(kind=kind) if kind else found
    return list(found.order_by("case__due_at", "id")[:limit])


def _of(laboratory_ids: Iterable[UUID], organisation_ids: Iterable[UUID]) -> QuerySet[Trouble]:
    here = Q(laboratory_id__in=list(laboratory_ids)) | Q(site__organisation_id__in=list(organisation_ids))
    return Trouble.objects.filter(here)
