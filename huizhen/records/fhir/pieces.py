"""Pieces brought in from elsewhere, as they stand in the record, and as they leave with a copy again."""

import json
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.records.consent.queries import readable_cases
from huizhen.records.documents.models import Document
from huizhen.records.fhir.models import FhirPiece
from huizhen.records.fhir.rules import IMPERSONAL
from huizhen.records.fhir.shapes import Resource
from huizhen.records.fhir.writer import Writer
from huizhen.records.patients.access import is_home
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient

SUBJECT = "urn:huizhen:subject"  # stands for the patient inside a kept piece: records may be joined later


def read_content(piece: FhirPiece) -> Resource:
    """The resource of a piece, every digit kept."""
    found: Resource = json.loads(piece.content, parse_float=Decimal)
    return found


def list_brought(document_ids: Collection[UUID]) -> dict[UUID, FhirPiece]:
    """Which of these documents were brought in, by the document."""
    rows = FhirPiece.objects.filter(document_id__in=document_ids).select_related("run__started_by")
    return {row.document_id: row for row in rows if row.document_id}


def list_pieces(actor: Actor, patient: Patient, *, at: Any) -> list[FhirPiece]:
    """The pieces without a file that the actor may read, the latest first: all at home, in an emergency, and where a
    consent opens the documents of every case; else none. Files are documents, and follow their rules.

    `patient` was loaded by an `access_…`, which left the audit entry.
    """
    opened = is_home(actor, patient) or find_further(actor, patient, at=at)
    if not opened and not readable_cases(actor, patient.person_ids, "documents", at=at)[0]:
        return []
    found = FhirPiece.objects.filter(patient_id__in=patient.person_ids, document=None, taken_back_at=None)
    return list(found.select_related("run__started_by").order_by("-on", "-added_at", "id"))


def write_pieces(writer: Writer) -> None:
    """Everything brought in that has no file, and the organisations and people that brought documents name."""
    for piece in list_pieces(writer.actor, writer.patient, at=writer.at):
        writer.add(piece.kind, piece.id, about(writer, read_content(piece)))
    named = {url for one in writer.entries.values() for url in _urls(one)} - writer.entries.keys()
    ours = FhirPiece.objects.filter(
        patient_id__in=writer.patient.person_ids, id__in=_keys(named), kind__in=IMPERSONAL, taken_back_at=None
    )
    for piece in ours.order_by("id"):
        writer.add(piece.kind, piece.id, about(writer, read_content(piece)))


def as_it_came(writer: Writer, piece: FhirPiece, row: Document) -> Resource:
    """A brought document as the other house wrote it, its file from ours."""
    body = about(writer, read_content(piece))
    return {**body, "content": [{**body["content"][0], "attachment": writer.attachment(row.file, row.title)}]}


def about(writer: Writer, content: Resource) -> Resource:
    """A kept resource with this copy's patient in it, without type and id."""
    body: Resource = _turn(content, writer.subject["reference"])
    return {name: value for name, value in body.items() if name not in ("resourceType", "id")}


def list_named_keys(content: Resource) -> set[UUID]:
    """The keys of the pieces that a kept resource refers to."""
    return set(_keys(_urls(content)))


def _keys(urls: Iterable[str]) -> list[UUID]:
    return [UUID(url.removeprefix("urn:uuid:")) for url in urls if url.startswith("urn:uuid:")]


def _turn(value: Any, subject: str) -> Any:
    if isinstance(value, dict):
        return {name: subject if one == SUBJECT else _turn(one, subject) for name, one in value.items()}
    return [_turn(one, subject) for one in value] if isinstance(value, list) else value


def _urls(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from _urls(one)
    elif isinstance(value, list):
        for one in value:
            yield from _urls(one)
