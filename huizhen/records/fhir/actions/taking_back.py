"""Taking back what a bundle has brought by mistake: out of sight, never deleted; what a case rests on stays."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.records.acting import account_of
from huizhen.records.documents.actions import remove_document
from huizhen.records.fhir import queries
from huizhen.records.fhir.models import FhirImport, FhirPiece, ImportState
from huizhen.records.patients.access import ADD
from huizhen.records.refused import Refused

LONGEST = 500


def take_back(run: FhirImport, *, reason: str, actor: Actor, at: datetime) -> dict[UUID, str]:
    """Take back everything a bundle has brought, with a reason; returns what stays because a case rests on it, each
    with the case's number. The same bundle may be brought in again. Twice is once. Emits `records.document.removed`
    for each document.

    `run` was loaded by `access_import`.

    Raises:
        Refused: `reason`; `run: nothing_to_take_back`, when it was not taken in, or a case rests on all of it.
    """
    if not reason.strip() or len(reason.strip()) > LONGEST:
        raise Refused({"reason": "too_long" if reason.strip() else "missing"})
    with transaction.atomic():
        held = FhirImport.objects.select_for_update(no_key=True, of=("self",)).select_related("patient").get(id=run.id)
        pieces = queries.list_pieces_of(held)
        stays = queries.find_held(pieces)
        if held.state == ImportState.TAKEN_BACK:
            return stays
        going = [piece for piece in pieces if piece.id not in stays]
        if held.state != ImportState.TAKEN or not going:
            raise Refused({"run": "nothing_to_take_back"})
        for piece in going:
            if piece.document is not None:
                remove_document(piece.document, actor=actor, at=at)
        FhirPiece.objects.filter(id__in=[piece.id for piece in going]).update(taken_back_at=at)
        held.state, held.taken_back_at, held.taken_back_by_id = ImportState.TAKEN_BACK, at, account_of(actor, ADD)
        held.taken_back_why = reason.strip()
        held.save(update_fields=["state", "taken_back_at", "taken_back_by", "taken_back_why"])
        audit.record(
            actor, "records.fhir.taken_back", subject_kind="fhir_import", subject_id=run.id,
            patient_id=held.patient_id, organisation_id=held.patient.organisation_id,
            data={"entries": len(going), "kept": len(stays)}, at=at,
        )  # fmt: skip
    return stays
