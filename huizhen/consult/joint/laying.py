"""What was laid before a consultation: consent for its case opens this, and nothing else of the record."""

from django.db.models import F, QuerySet

from huizhen.consult.joint.models import Material
from huizhen.records.consent.queries import add_laid

KINDS = {"documents": "document_id", "imaging": "study_id"}


def list_laid(what: str) -> QuerySet[Material]:
    """The materials of consultations of this kind, with the case and the piece of the record; none of another kind."""
    if what not in KINDS:
        return Material.objects.none()
    found = Material.objects.filter(**{f"{KINDS[what]}__isnull": False})
    return found.annotate(laid_case=F("application__case_id"), laid_piece=F(KINDS[what]))


def install() -> None:
    """Say so from here on; called once by `config.wiring`."""
    add_laid(list_laid)
