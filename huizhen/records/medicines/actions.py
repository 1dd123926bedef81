"""Medicines: written down, and corrected so that what stood there stays readable."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.records.acting import account_of, day_of
from huizhen.records.medicines import rules
from huizhen.records.medicines.models import Medicine, MedicineCorrection
from huizhen.records.patients.access import ADD
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused


def add_medicine(
    patient: Patient,
    *,
    key: UUID,
    name: str,
    dose: str = "",
    route: str = "",
    frequency: str = "",
    source: str = "",
    status: str = "active",
    starts_on: date | None = None,
    ends_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> Medicine:
    """Write a medicine into a record. Sent again under its `key`, it is the one that is there.

    `patient` was loaded by `access_patient(actor, id, to="add")`.

    Raises:
        Refused: by the fields of `rules.FIELDS`.
    """
    account_id = account_of(actor, ADD)
    said = rules.tidy({
        "name": name, "dose": dose, "route": route, "frequency": frequency, "source": source, "status": status,
        "starts_on": starts_on, "ends_on": ends_on,
    })  # fmt: skip
    if errors := rules.check(said, day_of(at)):
        raise Refused(errors)
    with transaction.atomic():
        found, new = Medicine.objects.get_or_create(
            patient=patient, recorded_by_id=account_id, key=key, defaults={"recorded_at": at, **said}
        )
        if new:
            note(found, "records.medicine.added", actor, at)
    return found


def correct_medicine(
    medicine: Medicine, said: Mapping[str, Any], *, reason: str, version: int, actor: Actor, at: datetime
) -> Medicine:
    """Correct what stands there; the old values are kept with the reason. Nothing new, nothing happens.

    `medicine` was loaded by `access_medicine(actor, id, to="correct")`; `said`: some of `rules.FIELDS`; `version`: the
    one that was shown.

    Raises:
        Refused: by field; `reason`: there is none, or too long; `medicine`: somebody else corrected it meanwhile.
    """
    account_id = account_of(actor, ADD)
    with transaction.atomic():
        held = Medicine.objects.select_for_update(no_key=True).select_related("patient").get(id=medicine.id)
        before = {field: getattr(held, field) for field in rules.FIELDS}
        after = rules.tidy({**before, **{field: said[field] for field in rules.FIELDS if field in said}})
        changed = [field for field in rules.FIELDS if before[field] != after[field]]
        if not changed:
            return held
        if errors := check_correction(after, reason, at):
            raise Refused(errors)
        if held.version != version:
            raise Refused({"medicine": "changed_elsewhere"})
        held.version += 1
        for field in changed:
            setattr(held, field, after[field])
        held.save(update_fields=[*changed, "version"])
        MedicineCorrection.objects.bulk_create(
            MedicineCorrection(
                medicine=held, version=held.version, field=field, before=rules.to_text(before[field]),
                after=rules.to_text(after[field]), reason=reason.strip(), actor_id=account_id, at=at,
            )
            for field in changed
        )  # fmt: skip
        note(held, "records.medicine.corrected", actor, at)
    return held


def check_correction(said: Mapping[str, Any], reason: str, at: datetime) -> dict[str, str]:
    """What is wrong with corrected values or their reason."""
    errors = rules.check(said, day_of(at))
    if not reason.strip():
        errors["reason"] = "missing"
    elif len(reason) > rules.LONGEST_REASON:
        errors["reason"] = "too_long"
    return errors


def note(medicine: Medicine, action: str, actor: Actor, at: datetime) -> None:
    """The audit entry, in the caller's transaction; what it says of the medicine stays in the record."""
    audit.record(
        actor, action, subject_kind="medicine", subject_id=medicine.id, patient_id=medicine.patient_id,
        organisation_id=medicine.patient.organisation_id, at=at,
    )  # fmt: skip
