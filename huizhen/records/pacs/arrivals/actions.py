"""Keeping what devices send, saying whose it is, and taking it into the record."""

import io
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import audit, files, notify, outbox
from huizhen.kernel.access import SYSTEM, Actor, directory
from huizhen.kernel.late import Late
from huizhen.people.organisations.queries import list_roots
from huizhen.records.acting import account_of
from huizhen.records.imaging.actions import start_received
from huizhen.records.imaging.facts import BadImage, Header
from huizhen.records.imaging.queries import fingerprint_of
from huizhen.records.pacs.arrivals import queries
from huizhen.records.pacs.arrivals.models import (
    Arrival,
    ArrivedImage,
    HospitalNumber,
    Station,
    TurnedAway,
    UnknownCaller,
)
from huizhen.records.pacs.arrivals.rules import Facts, Turned
from huizhen.records.patients.access import ADD
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused

headers: Any = Late("huizhen.records.imaging.headers")

KEPT, KNOWN = "kept", "known"
TRIES = 4
WAKE_EVERY = 50  # images of a study between two wakes of the job that takes them into the record
MOST_AT_ONCE = 2000
LONGEST_REASON = 200
UNKNOWN = notify.register(
    "records.arrivals.unknown",
    title=_("An unknown device wants to send images"),
    body=_("%(number)s was refused. If it is one of ours, enter it in the back office."),
    ladder=("email",),
)


def keep_image(station: Station, data: bytes, *, at: datetime) -> tuple[str, UUID]:
    """Keep one object a device sent: `kept` or, the same sent again, `known`; and its arrival. Committed on return.

    Emits `records.arrivals.came` for the first image of a study and every fiftieth.

    Raises:
        Turned: not kept, with the code of the reason; noted. StorageTrouble: the store takes nothing.
    """
    header, digest = look(station, data, at), fingerprint_of(data)
    for attempt in range(TRIES):
        before = queries.get_known(station.organisation_id, header.sop_uid)
        if before not in (None, digest):
            raise turn_away(station, header.sop_uid, "conflict", at)
        arrival = open_arrival(station, header, at)
        if before == digest:
            return KNOWN, arrival.id
        staged = files.stage_many([files.Piece(f"{header.sop_uid}.dcm", data)], actor=SYSTEM, at=at, purpose="imaging")
        try:
            with transaction.atomic():
                write(arrival, header, digest, staged, at)
            return KEPT, arrival.id
        except IntegrityError:
            # The same image came over another line at this moment; that one was first. Judge again.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def look(station: Station, data: bytes, at: datetime) -> Header:
    """The header of an object. Raises Turned."""
    try:
        header: Header = headers.read_header(io.BytesIO(data))
    except BadImage as error:
        raise turn_away(station, sop_uid_of(data), str(error), at) from error
    if headers.read_uid(io.BytesIO(data)) != header.sop_uid:
        raise turn_away(station, header.sop_uid, "mismatch", at)
    if not files.fits(files.Piece("image.dcm", data), "imaging"):
        raise turn_away(station, header.sop_uid, "not_dicom", at)
    return header


def sop_uid_of(data: bytes) -> str:
    """The number of an object that could not be read, where its first part still says it."""
    try:
        return headers.read_uid(io.BytesIO(data))
    except BadImage:
        return ""


def turn_away(station: Station, sop_uid: str, code: str, at: datetime) -> Turned:
    """Note that an object was not kept, and why; returns the refusal to raise."""
    with transaction.atomic():
        row, _made = TurnedAway.objects.get_or_create(
            station=station, sop_uid=sop_uid[:64], code=code, defaults={"first_at": at, "last_at": at}
        )
        TurnedAway.objects.filter(id=row.id).update(times=F("times") + 1, last_at=at)
    return Turned(code)


def open_arrival(station: Station, header: Header, at: datetime) -> Arrival:
    """The arrival of this image's study; a new one looks for its patient at once."""
    found = Arrival.objects.filter(organisation_id=station.organisation_id, study_uid=header.study_uid).first()
    if found is not None:
        return found
    match = queries.find_patient(station.organisation_id, header)
    with transaction.atomic():
        arrival, made = Arrival.objects.get_or_create(
            organisation_id=station.organisation_id, study_uid=header.study_uid,
            defaults={
                "station": station, "facts": asdict(Facts.of(header)), "first_at": at, "last_at": at,
                "patient": match.patient, "case_id": match.case_id, "doubt": match.doubt,
                "assigned_at": at if match.patient else None,
            },
        )  # fmt: skip
        if made and match.patient is not None:
            note(SYSTEM, arrival, match.patient, at)
    return arrival


def write(arrival: Arrival, header: Header, digest: str, staged: list[files.Staged], at: datetime) -> None:
    """The rows of one image. Raises IntegrityError: it is there by now."""
    files.settle_many(staged)
    ArrivedImage.objects.create(
        arrival=arrival, sop_uid=header.sop_uid, fingerprint=digest, file=staged[0].file, at=at
    )  # fmt: skip
    Arrival.objects.filter(id=arrival.id).update(images=F("images") + 1, last_at=at)
    arrival.refresh_from_db(fields=["images"])
    if arrival.images == 1 or arrival.images % WAKE_EVERY == 0:
        outbox.emit("records.arrivals.came", arrival=str(arrival.id))


def wake(arrival_id: UUID) -> None:
    """Say that a device has sent what it had of a study for now. Emits `records.arrivals.came`."""
    with transaction.atomic():
        outbox.emit("records.arrivals.came", arrival=str(arrival_id))


def take(arrival_id: UUID, *, at: datetime) -> int:
    """Give what came since to an import, where the patient is known; returns how many images. Twice does no harm."""
    with transaction.atomic():
        arrival = Arrival.objects.select_for_update(no_key=True).get(id=arrival_id)
        if arrival.patient_id is None:
            return 0
        waiting = list(ArrivedImage.objects.filter(arrival=arrival, run=None).order_by("id")[:MOST_AT_ONCE])
        if waiting:
            patient = Patient.objects.get(id=arrival.patient_id)
            run = start_received(
                patient, [one.file_id for one in waiting], account_id=arrival.assigned_by_id, case_id=arrival.case_id,
                at=at,
            )  # fmt: skip
            ArrivedImage.objects.filter(id__in=[one.id for one in waiting]).update(run=run)
    return len(waiting)


def take_rest(at: datetime) -> int:
    """Job: take what a lost wake left behind; returns how many images."""
    return sum(take(arrival_id, at=at) for arrival_id in queries.list_untaken())


def assign(arrival: Arrival, patient: Patient, *, actor: Actor, at: datetime) -> None:
    """Say whose a study is; its hospital's patient number is remembered for the next one. Twice is once.

    `arrival` was loaded by `access_arrival`, `patient` by `access_patient(actor, id, to="add")`.

    Raises:
        Refused: `patient`: it is another patient's already.
    """
    account_id = account_of(actor, ADD)
    with transaction.atomic():
        held = Arrival.objects.select_for_update(no_key=True).get(id=arrival.id)
        if held.patient_id is not None:
            if held.patient_id != patient.id:
                raise Refused({"patient": "assigned_already"})
            return
        held.patient, held.doubt, held.assigned_by_id, held.assigned_at = patient, "", account_id, at
        held.save(update_fields=["patient", "doubt", "assigned_by", "assigned_at"])
        number = Facts.read(held.facts).number
        if number:
            HospitalNumber.objects.get_or_create(
                organisation_id=held.organisation_id, number_index=queries.index_number(held.organisation_id, number),
                defaults={"patient": patient, "learned_by_id": account_id, "learned_at": at},
            )  # fmt: skip
        note(actor, held, patient, at)
        outbox.emit("records.arrivals.came", arrival=str(held.id))


def put_aside(arrival: Arrival, reason: str, *, actor: Actor, at: datetime) -> None:
    """Take a study off the list, with a reason; it is kept and can still be assigned.

    Raises:
        Refused: `reason`: missing or too long.
    """
    if not reason or len(reason) > LONGEST_REASON:
        raise Refused({"reason": "too_long" if reason else "missing"})
    account_id = account_of(actor, ADD)
    with transaction.atomic():
        held = Arrival.objects.select_for_update(no_key=True).get(id=arrival.id)
        if held.patient_id is None and held.aside_at is None:
            held.aside_by_id, held.aside_at, held.aside_reason = account_id, at, reason
            held.save(update_fields=["aside_by", "aside_at", "aside_reason"])
            audit.record(
                actor, "records.arrival.aside", subject_kind="arrival", subject_id=held.id,
                organisation_id=held.organisation_id, at=at,
            )  # fmt: skip


def note(actor: Actor, arrival: Arrival, patient: Patient, at: datetime) -> None:
    """The audit entry of an assignment."""
    audit.record(
        actor, "records.arrival.assigned", subject_kind="arrival", subject_id=arrival.id, patient_id=patient.id,
        case_id=arrival.case_id, organisation_id=arrival.organisation_id, at=at,
    )  # fmt: skip


def note_unknown(ae_title: str, address: str, *, at: datetime) -> None:
    """Count a try of somebody unknown, and tell the operators: at once the first time, then once a day."""
    with transaction.atomic():
        row, _made = UnknownCaller.objects.get_or_create(
            ae_title=ae_title, address=address, defaults={"first_at": at, "last_at": at}
        )
        UnknownCaller.objects.filter(id=row.id).update(tries=F("tries") + 1, last_at=at)
        roles = [(role, root) for role in ("operator", "system_admin") for root in list_roots()]
        people = [account for role, root in roles for account in directory().members(role, root)]
        notify.tell(
            UNKNOWN, people, key=f"{row.id}:{at:%Y-%m-%d}", at=at,
            context={"number": f"{ae_title} · {address}", "link": "/admin/records/unknowncaller/"},
        )  # fmt: skip
