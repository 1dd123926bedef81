"""Bringing a bundle into a record: offered, checked by a job, confirmed by a person, taken in by a job."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from huizhen.kernel import audit, files, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.files import open_file
from huizhen.kernel.files.models import File
from huizhen.people.accounts.queries import get_actor
from huizhen.records.acting import account_of, day_of
from huizhen.records.documents.actions import add_document
from huizhen.records.fhir import codes, contents, queries, shapes
from huizhen.records.fhir.bundle import Addresses, BadBundle, Entry, dates, read_bundle, references
from huizhen.records.fhir.models import FhirImport, FhirPiece, ImportState
from huizhen.records.fhir.pieces import SUBJECT
from huizhen.records.fhir.verdicts import HERE, TAKE, Verdict, judge, name_of
from huizhen.records.patients.access import ADD, find_ground, may_do
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused

PURPOSE = "fhir"


def start_import(patient: Patient, file_id: UUID, *, actor: Actor, at: datetime) -> FhirImport:
    """Offer a finished upload of the actor's own to a record; a job checks it, nothing is taken yet.

    `patient` was loaded by `access_patient(actor, id, to="add")`. Emits `records.fhir.offered`.

    Raises:
        Refused: `file`.
    """
    file = File.objects.filter(id=file_id, created_by_id=actor.account_id, purpose=PURPOSE).first()
    if file is None or file.state != "ready":
        raise Refused({"file": "not_ready" if file else "not_yours"})
    with transaction.atomic():
        run = FhirImport.objects.create(patient=patient, file=file, started_by_id=account_of(actor, ADD), started_at=at)
        outbox.emit("records.fhir.offered", run=str(run.id))
    return run


def check_import(run_id: UUID, *, at: datetime) -> None:
    """Job: a verdict on every entry, or the reason why nothing can be taken. Twice is once."""
    run = queries.get_import(run_id)
    if run is None or run.state != ImportState.CHECKING:
        return
    patient, actor = run.patient.replaced_by or run.patient, get_actor(run.started_by)
    try:
        entries, found = look(run, patient, actor, at)
    except BadBundle as error:
        run.state, run.problem, run.ended_at = ImportState.REFUSED, str(error), at
    else:
        run.state, run.source = ImportState.CHECKED, source_of(entries)
        run.verdicts = [one.kept() for one in found]
    run.save(update_fields=["state", "problem", "ended_at", "source", "verdicts"])


def look(run: FhirImport, patient: Patient, actor: Actor, at: datetime) -> tuple[list[Entry], list[Verdict]]:
    """Read and judge the file as it was offered. Raises BadBundle."""
    with open_file(run.file) as stream:
        entries = read_bundle(stream.read())
    return entries, judge(entries, queries.read_record(actor, patient, at=at))


def source_of(entries: Sequence[Entry]) -> str:
    """The organisation a bundle names first: whence it comes, as far as it says."""
    names = (entry.resource.get("name") for entry in entries if entry.kind == "Organization")
    return next((name[:200] for name in names if isinstance(name, str)), "")


def confirm_import(run: FhirImport, *, actor: Actor, at: datetime) -> FhirImport:
    """Say that what was found fit is to be taken; a job does it. Twice is once. Emits `records.fhir.confirmed`.

    `run` was loaded by `access_import`.

    Raises:
        Refused: `run`, when it is not checked yet, or there is nothing to take.
    """
    with transaction.atomic():
        held = FhirImport.objects.select_for_update(no_key=True).get(id=run.id)
        if held.state in (ImportState.TAKING, ImportState.TAKEN):
            return held
        verdicts: Any = held.verdicts or []
        if held.state != ImportState.CHECKED or not any(one["outcome"] == TAKE for one in verdicts):
            raise Refused({"run": "nothing_to_take"})
        held.state, held.confirmed_by_id = ImportState.TAKING, account_of(actor, ADD)
        held.save(update_fields=["state", "confirmed_by"])
        outbox.emit("records.fhir.confirmed", run=str(run.id))
    return held


def take_import(run_id: UUID, *, at: datetime) -> None:
    """Job: take in what is fit now, all of it or nothing. Judged anew: the record may have changed meanwhile, and so
    may what the one who confirmed is allowed. Twice is once."""
    run = queries.get_import(run_id)
    if run is None or run.state != ImportState.TAKING or run.confirmed_by is None:
        return
    patient, actor = run.patient.replaced_by or run.patient, get_actor(run.confirmed_by)
    allowed = find_ground(actor, patient, at=at) is not None and may_do(actor, patient, "add", at=at)
    entries, found = look(run, patient, actor, at) if allowed else ([], [])
    if not any(one.outcome == TAKE for one in found):
        FhirImport.objects.filter(id=run.id).update(state=ImportState.REFUSED, problem="nothing_now", ended_at=at)
        return
    uploads = keep_files(entries, found, actor, at)
    with transaction.atomic():
        held = FhirImport.objects.select_for_update(no_key=True).get(id=run.id)
        if held.state == ImportState.TAKING:
            held.taken = keep_pieces(held, patient, entries, found, uploads, actor=actor, at=at)
            held.state, held.ended_at, held.verdicts = ImportState.TAKEN, at, [one.kept() for one in found]
            held.save(update_fields=["taken", "state", "ended_at", "verdicts"])
            audit.record(
                actor, "records.fhir.taken", subject_kind="fhir_import", subject_id=run.id, patient_id=patient.id,
                organisation_id=patient.organisation_id, data={"entries": held.taken}, at=at,
            )  # fmt: skip


def keep_files(entries: Sequence[Entry], found: Sequence[Verdict], actor: Actor, at: datetime) -> dict[int, File]:
    """The files of the documents to be taken, by the place of their entry; stored before the transaction opens."""
    addresses, kept = Addresses(list(entries)), {}
    for entry, one in zip(entries, found, strict=True):
        if entry.kind == "DocumentReference" and one.outcome == TAKE:
            data = contents.read(entry.resource, addresses)
            name = f"imported-{one.place}.{contents.ENDINGS[contents.media_type(entry.resource, data)]}"
            kept[one.place] = files.store(name, data, actor=actor, at=at, purpose="document")
    return kept


def keep_pieces(
    run: FhirImport, patient: Patient, entries: Sequence[Entry], found: Sequence[Verdict],
    uploads: dict[int, File], *, actor: Actor, at: datetime,
) -> int:  # fmt: skip
    """Write the documents and pieces, in the caller's transaction; how many pieces."""
    documents = {
        place: add_document(
            patient, file_id=file.id, kind=kind_of(entries[place - 1].resource),
            title=found[place - 1].title or str(run.source) or "FHIR", taken_on=day_in(entries[place - 1].resource, at),
            actor=actor, at=at,
        )
        for place, file in uploads.items()
    }  # fmt: skip
    keys = key_pieces(run, entries, found) | {place: row.id for place, row in documents.items()}
    addresses = Addresses(list(entries))
    pieces: dict[str, FhirPiece] = {}
    for entry, one in zip(entries, found, strict=True):
        if one.outcome != TAKE:
            continue
        content = turn(entry, addresses, found, keys)
        made = FhirPiece(
            id=keys[one.place], patient=patient, run=run, kind=one.kind, title=one.title, added_at=at,
            key=queries.fingerprint(name_of(entry.resource)), on=day_in(entry.resource, at),
            content=shapes.encode(content).decode(), document=documents.get(one.place),
        )  # fmt: skip
        pieces.setdefault(made.key, made)
    FhirPiece.objects.bulk_create(pieces.values())
    return len(pieces)


def key_pieces(run: FhirImport, entries: Sequence[Entry], found: Sequence[Verdict]) -> dict[int, UUID]:
    """The key of each entry that is here or will be, by its place; the same words twice in a bundle are one piece."""
    keys: dict[int, UUID] = {}
    named: dict[str, UUID] = {}
    for entry, one in zip(entries, found, strict=True):
        if one.outcome == HERE and one.target:
            keys[one.place] = UUID(one.target)
        elif one.outcome == TAKE:
            keys[one.place] = named.setdefault(name_of(entry.resource), uuid5(run.id, str(one.place)))
    return keys


def turn(entry: Entry, addresses: Addresses, found: Sequence[Verdict], keys: dict[int, UUID]) -> dict[str, Any]:
    """The resource with references to our keys, without the file's bytes and without what only the other house's
    server needs."""
    resource = {name: value for name, value in entry.resource.items() if name not in ("id", "meta")}
    resource = _copied(resource)
    for _path, value in list(references(resource)):
        there = addresses.find(value["reference"])
        if there is None:
            continue
        if found[there.place - 1].kind == "Patient":
            value["reference"] = SUBJECT
        elif there.place in keys:
            value["reference"] = shapes.url_of(keys[there.place])
        else:
            del value["reference"]
            value.setdefault("display", found[there.place - 1].title or there.kind)
    if entry.kind == "DocumentReference":
        attachment = resource["content"][0]["attachment"]
        resource["content"][0]["attachment"] = {
            name: value for name, value in attachment.items() if name not in ("data", "url")
        }
    return resource


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def kind_of(resource: dict[str, Any]) -> str:
    """What a document is, by our own code or LOINC's; `other` where nobody says."""
    for one in (resource.get("type") or {}).get("coding") or []:
        if one.get("system") == codes.DOCUMENT_KIND and one.get("code") in codes.LOINC_OF:
            return str(one["code"])
        if one.get("system") == codes.LOINC and one.get("code") in codes.KIND_OF:
            return codes.KIND_OF[one["code"]]
    return "other"


def day_in(resource: dict[str, Any], at: datetime) -> date | None:
    """The day an entry speaks of; of a document the day of its context, not of its filing. A month or a year names
    none."""
    context = resource.get("context")
    holders = ([context] if isinstance(context, dict) else []) + [resource]
    found = [text for holder in holders for _path, text in dates(holder) if len(text) == len("2000-01-01")]
    return min(date.fromisoformat(found[0]), day_of(at)) if found else None
