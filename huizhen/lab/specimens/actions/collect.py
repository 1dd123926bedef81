"""Registering persons and taking specimens. A phone may send each tube as often as it likes: it is stored once."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, ids, outbox
from huizhen.kernel.access import Actor
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.catalogue.queries import get_panel
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import rules
from huizhen.lab.specimens.actions.coming_again import fulfil_retests
from huizhen.lab.specimens.actions.progress import receive_late
from huizhen.lab.specimens.actions.seating import seat
from huizhen.lab.specimens.models import Clash, Doubt, Site, Tube
from huizhen.lab.specimens.queries import get_doctor, is_worn
from huizhen.lab.specimens.rules import Entry
from huizhen.records.patients import queries as patients
from huizhen.records.patients.actions import Person, new_patient, register_patient
from huizhen.records.patients.models import Patient
from huizhen.records.patients.rules import plain_number
from huizhen.records.refused import Refused as RecordsRefused


def collect_tube(
    site: Site,
    *,
    client_id: UUID,
    barcode: str,
    capacity: int,
    persons: Sequence[Entry],
    panel_code: str,
    collected_at: datetime,
    actor: Actor,
    at: datetime,
    campaign_id: UUID | None = None,
    doctor: str = "",
) -> Tube:
    """Store a tube with the persons in it; `site` was loaded by `access_site`. Sent again (same `client_id`), the tube
    that is there is returned. `doctor`: account key or log-in name of a doctor of the site's hospital who ordered it,
    who is told critical values and may look at it. Emits `lab.specimens.collected`.

    Raises:
        Refused: by field; `persons.2.name` is the name of the second person. `barcode: barcode_taken` after what was
        entered was kept as a `Clash`, from which an exception is opened.
    """
    known = Tube.objects.filter(client_id=client_id).first()
    if known is not None:
        return known
    barcode = rules.plain_barcode(barcode)
    panel = get_panel(panel_code)
    if panel is None:
        raise Refused({"panel": "unknown_panel"})
    errors = rules.check_tube(barcode, site.code, capacity, len(persons), poolable=panel.poolable)
    doctor_id = get_doctor(site, doctor) if doctor else None
    if doctor and doctor_id is None:
        errors = {**errors, "doctor": "unknown_doctor"}
    if errors:
        raise Refused(errors)
    tube = Tube(
        barcode=barcode, capacity=capacity, site=site, laboratory_id=site.laboratory_id, campaign_id=campaign_id,
        client_id=client_id, collected_at=min(collected_at, at), collected_by_id=actor.account_id,
    )  # fmt: skip
    with transaction.atomic():
        found = _find_all(site, persons, actor=actor, at=at)
        stored = _store(tube, found, panel, doctor_id, at)
        if stored is tube:
            Clash.objects.filter(client_id=client_id, settled_by=None).update(settled_by=tube)  # labelled anew on site
            _note_doubts(tube, found, persons, at)
            outbox.emit("lab.specimens.collected", tube=str(tube.id))
            if receive_late([barcode]):
                tube.refresh_from_db(fields=["received_at", "box"])
        elif stored is None:
            _keep_clash(tube, found, panel, doctor_id, actor, at)
    if stored is None:
        raise Refused({"barcode": "barcode_taken"})
    return stored


def _find_all(site: Site, persons: Sequence[Entry], *, actor: Actor, at: datetime) -> list[Patient]:
    found: list[Patient] = []
    errors: dict[str, str] = {}
    for place, entry in enumerate(persons, 1):
        try:
            found.append(find_or_register(site.organisation_id, entry, actor=actor, at=at))
        except Refused as error:
            errors |= {f"persons.{place}.{field}": code for field, code in error.errors.items()}
    if errors:
        raise Refused(errors)
    if rules.find_twice([patient.id for patient in found]):
        raise Refused({"persons": "twice_in_tube"})
    return found


def find_or_register(organisation_id: UUID, entry: Entry, *, actor: Actor, at: datetime) -> Patient:
    """The person with this health-record code or document, registered now where nobody has it yet.

    Nothing of a record is shown to who registers: only that it is the same document.

    Raises:
        Refused: by field. NotAllowed: the actor may not register persons there.
    """
    if entry.code:
        patient = patients.get_patient(rules.read_code(entry.code))
        if patient is None:
            raise Refused({"code": "unknown_code"})
        return patient
    known = patients.get_by_identity(entry.kind, entry.number)
    if known is not None:
        return known
    try:
        return register_patient(**_fields(entry), organisation_id=organisation_id, actor=actor, at=at)
    except RecordsRefused as error:
        again = patients.get_by_identity(entry.kind, entry.number)
        if again is not None and error.errors == {"identity_number": "duplicate"}:
            return again
        raise Refused(error.errors) from error


def new_person(organisation_id: UUID, entry: Entry, *, actor: Actor, at: datetime) -> Patient:
    """The person of an entry as checked, not stored yet. Raises `records.refused.Refused`, NotAllowed."""
    return new_patient(**_fields(entry), organisation_id=organisation_id, actor=actor, at=at)


def _fields(entry: Entry) -> Person:
    return {
        "name": entry.name, "identity_kind": entry.kind, "identity_number": entry.number, "phone": entry.phone,
        "sex": entry.sex, "birth_on": _day(entry.birth_on),
    }  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _store(tube: Tube, found: Sequence[Patient], panel: Panel, doctor_id: UUID | None, at: datetime) -> Tube | None:
    """The stored tube: this one, or the one this phone sent before; None where the barcode is another's."""
    # Looked at first: each refusal of the database is an error in its log. Two at once are still held by the database.
    if is_worn(tube.barcode):
        return Tube.objects.filter(client_id=tube.client_id).first()
    try:
        with transaction.atomic():
            tube.save(force_insert=True)
    except IntegrityError as error:
        if "client_id" in str(error):
            return Tube.objects.get(client_id=tube.client_id)
        if "tube_barcode_once" in str(error):
            return Tube.objects.filter(client_id=tube.client_id).first()
        raise
    seat(tube, [patient.id for patient in found], [panel.id], at=at, doctor_id=doctor_id)
    fulfil_retests(tube, found, panel.id)
    return tube


def _keep_clash(
    tube: Tube, found: Sequence[Patient], panel: Panel, doctor_id: UUID | None, actor: Actor, at: datetime
) -> None:
    """What came under a barcode in use is kept whole; sent again it is the same."""
    first = Tube.objects.get(barcode=tube.barcode)
    content = {
        "capacity": tube.capacity, "panel": panel.code, "patients": [str(patient.id) for patient in found],
        "campaign": str(tube.campaign_id or ""), "collected_at": tube.collected_at.isoformat(),
        "doctor": str(doctor_id or ""),
    }  # fmt: skip
    if Clash.objects.filter(client_id=tube.client_id).exists():
        return
    clash = Clash(
        id=ids.new_id(), tube=first, site=tube.site, client_id=tube.client_id, content=content, at=at,
        by_id=actor.account_id,
    )  # fmt: skip
    clash.save(force_insert=True)
    audit.record(
        actor, "lab.specimen.clashed", subject_kind="tube", subject_id=first.id,
        organisation_id=tube.site.organisation_id, data={"clash": str(clash.id)}, at=at,
    )  # fmt: skip
    outbox.emit("lab.specimens.troubled", clash=str(clash.id))


def _note_doubts(tube: Tube, found: Sequence[Patient], persons: Sequence[Entry], at: datetime) -> None:
    """The document is on file under another name: test, and have somebody look."""
    doubts = [
        Doubt(tube=tube, patient=patient, said={"name": entry.name, "number": plain_number(entry.number)}, at=at)
        for patient, entry in zip(found, persons, strict=True)
        if entry.name and patients.index_name(entry.name) != bytes(patient.name_index)
    ]
    if doubts:
        Doubt.objects.bulk_create(doubts)
        outbox.emit("lab.specimens.troubled", tube=str(tube.id))
