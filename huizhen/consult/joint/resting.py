"""A consultation rests on the documents that were put before its experts: records ask before they take one back."""

from collections.abc import Collection
from uuid import UUID

from huizhen.consult.joint.models import Material
from huizhen.records.documents.queries import add_users


def list_resting(document_ids: Collection[UUID]) -> dict[UUID, str]:
    """Which of these documents are the material of a consultation, each with its number."""
    found = Material.objects.filter(document_id__in=list(document_ids))
    return {key: number for key, number in found.values_list("document_id", "application__case__number") if key}


def install() -> None:
    """Say so from here on; called once by `config.wiring`."""
    add_users(list_resting)
