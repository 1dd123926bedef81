"""Taking a copy of a record along: at once where it is small, else ordered and made by a job."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit, files, ids, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.late import Late
from huizhen.people.accounts.queries import get_actor
from huizhen.records.acting import account_of, day_of
from huizhen.records.fhir import queries, shapes
from huizhen.records.fhir.access import EXPORT, may_take
from huizhen.records.fhir.models import ExportState, FhirExport
from huizhen.records.patients.access import find_ground
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused

validation: Any = Late("huizhen.records.fhir.validation")

MOST_AT_ONCE = 2_000  # documents and images
KEPT_FOR = timedelta(days=7)


def export_now(patient: Patient, *, actor: Actor, at: datetime) -> bytes:
    """A copy without the bytes of documents, as one answer. `patient` was loaded by `access_copy`.

    Raises:
        Refused: `copy`, where the record is too large for that; then `order_export`.
    """
    if queries.count_pieces(patient) > MOST_AT_ONCE:
        raise Refused({"copy": "copy_too_large"})
    note(actor, patient, at)
    return shapes.encode(queries.write_copy(actor, patient, at=at).bundle(ids.new_id()))


def order_export(patient: Patient, *, with_files: bool, actor: Actor, at: datetime) -> FhirExport:
    """Ask for a copy that a job makes; one that is being made already is given again. Emits `records.fhir.ordered`.

    `patient` was loaded by `access_copy`.
    """
    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(id=patient.id)
        account_id = account_of(actor, EXPORT)
        waiting = FhirExport.objects.filter(
            patient=patient, asked_by_id=account_id, with_files=with_files, state=ExportState.WAITING, until__gt=at
        )
        if found := waiting.first():
            return found
        made = FhirExport.objects.create(
            patient=patient, with_files=with_files, asked_by_id=account_id, asked_at=at, until=at + KEPT_FOR
        )
        note(actor, patient, at)
        outbox.emit("records.fhir.ordered", export=str(made.id))
    return made


def make_export(export_id: UUID, *, at: datetime) -> None:
    """Job: write the copy as the one who asked may read the record now. Twice is once.

    Raises:
        StorageTrouble: the store takes nothing; noted, and tried again by the job.
    """
    found = queries.get_export(export_id)
    if found is None or found.state != ExportState.WAITING:
        return
    actor = get_actor(found.asked_by)
    patient = found.patient.replaced_by or found.patient
    if find_ground(actor, patient, at=at) is None or not may_take(actor, patient):
        settle(found, state=ExportState.REFUSED, problem="not_allowed")
        return
    writer = queries.write_copy(actor, patient, at=at, with_files=found.with_files)
    bundle = writer.bundle(found.id)
    validation.check_bundle(bundle)
    try:
        file = files.store(
            f"record-{day_of(at):%Y%m%d}.json", shapes.encode(bundle), actor=actor, at=at, purpose="fhir"
        )
    except files.Refused:
        settle(found, state=ExportState.REFUSED, problem="too_large")
        return
    except StorageTrouble:
        settle(found, problem="storage")
        raise
    entries = len(bundle["entry"])
    settle(found, state=ExportState.READY, problem="", file=file, entries=entries, left_out=writer.left_out)


def forget_copies(*, at: datetime) -> int:
    """Job: delete the bytes of copies whose week is over; the row stays and says who took one. Returns how many."""
    forgotten = 0
    while count := sum(files.forget(file_id) for file_id in queries.list_over(at=at)):
        forgotten += count
    return forgotten


def settle(found: FhirExport, **values: Any) -> None:
    """Write how it ended, if nobody has."""
    FhirExport.objects.filter(id=found.id, state=ExportState.WAITING).update(**values)


def note(actor: Actor, patient: Patient, at: datetime) -> None:
    """The patient sees that a copy was taken, and by whom."""
    audit.record(
        actor, "records.fhir.exported", subject_kind="patient", subject_id=patient.id, patient_id=patient.id,
        organisation_id=patient.organisation_id, at=at,
    )  # fmt: skip
