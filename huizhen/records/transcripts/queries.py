"""Reads of transcripts, and the search over a patient's documents."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery

from huizhen.records.transcripts.cutting import list_asked
from huizhen.records.transcripts.models import DocumentWords, Transcript, TranscriptVersion
from huizhen.records.transcripts.rules import Item, read_item
from huizhen.records.transcripts.words import fingerprints

TABLES = frozenset({"lab_report"})
READ = TABLES | {"imaging_report", "pathology", "discharge_summary", "record"}


def get_transcript(document_id: UUID) -> Transcript | None:
    """The transcript of a document, if it has one. The caller has checked access to the document."""
    found = Transcript.objects.filter(document_id=document_id)
    return found.select_related("confirmed_by", "document__patient").first()


def list_versions(transcript: Transcript) -> list[TranscriptVersion]:
    """Every state of the table, the latest first."""
    return list(transcript.versions.select_related("by").order_by("-number"))


def list_items(transcript: Transcript) -> list[Item]:
    """The table as it stands."""
    version = transcript.versions.filter(number=transcript.version).first()
    return [read_item(row) for row in version.items] if version else []


def list_lines(transcript: Transcript) -> list[str]:
    """All text that was found."""
    pages: Any = transcript.pages or []
    return [line["text"] for page in pages for line in page["lines"]]


def list_confirmed(document_ids: Collection[UUID]) -> list[tuple[Transcript, list[Item]]]:
    """The confirmed tables of these documents; the caller has checked access to each."""
    found = Transcript.objects.filter(document_id__in=document_ids, state="confirmed").select_related("document")
    return [(one, list_items(one)) for one in found.order_by("document_id")]


def get_confirmed_text(document_ids: Iterable[UUID], *, most: int) -> str:
    """The text of these documents as far as a person has confirmed it, at most so many characters. What nobody has
    confirmed may be misread, and is left out. The caller has checked access to each document."""
    found = Transcript.objects.filter(document_id__in=list(document_ids), state="confirmed").order_by("document_id")
    return "\n".join(line for one in found for line in list_lines(one))[:most]


def find_documents(patient_ids: Collection[UUID], text: str) -> set[UUID]:
    """The documents of one person (`Patient.person_ids`) in which all words of `text` stand. The caller has checked
    access, and shows of these only what the reader may see."""
    asked = list_asked(text)
    found: set[UUID] = set()
    for patient_id in patient_ids if asked else ():
        words = SearchQuery(" & ".join(fingerprints(patient_id, asked)), search_type="raw", config="simple")
        there = DocumentWords.objects.filter(patient_id=patient_id, words=words)
        found.update(there.values_list("document_id", flat=True))
    return found
