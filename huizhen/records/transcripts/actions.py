"""Reading documents, in a job; confirming what was read, by a person; and the words by which they are found."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.search import SearchVectorField
from django.db import transaction
from django.db.models import F, Value
from django.db.models.expressions import Func

from huizhen.kernel import audit, files, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.door import Stale
from huizhen.records.acting import account_of
from huizhen.records.documents.models import Document
from huizhen.records.documents.queries import get_picture_file, list_blocks
from huizhen.records.documents.rules import PDF, PICTURES
from huizhen.records.patients.access import ADD
from huizhen.records.refused import Refused
from huizhen.records.transcripts import queries, rules
from huizhen.records.transcripts.characters import plain
from huizhen.records.transcripts.cutting import list_words
from huizhen.records.transcripts.layout import read_page
from huizhen.records.transcripts.models import DocumentWords, Transcript, TranscriptState, TranscriptVersion
from huizhen.records.transcripts.ports import Died, Page, Unreadable, get_reader
from huizhen.records.transcripts.words import fingerprints

READABLE = PICTURES | {PDF}
OPEN = (TranscriptState.WAITING, TranscriptState.READING)


def read_document(document_id: UUID, *, at: datetime) -> Transcript | None:
    """Read a document in a process of its own; None for a kind that is not read. Called by a job, as often as needed.

    Raises:
        Died: the reader was killed. The job is tried again; after the third time the transcript says so instead.
    """
    document = Document.objects.select_related("file", "patient").get(id=document_id)
    if document.removed_at is not None:
        return None
    if document.kind not in queries.READ or document.file.media_type not in READABLE:
        texts = [text for block in list_blocks(document) for text in block.texts()]
        index_document(document, get_reader().cut([document.title, *texts]))
        return None
    transcript, _ = Transcript.objects.get_or_create(document=document, defaults={"asked_at": at})
    if transcript.state not in OPEN:
        return transcript
    if transcript.tries >= rules.MOST_TRIES:
        return stop(transcript, "died", TranscriptState.FAILED)
    Transcript.objects.filter(id=transcript.id).update(state=TranscriptState.READING, tries=F("tries") + 1)
    try:
        picture, straight = get_picture_file(document)
        with files.open_file(picture) as stream:
            pages = get_reader().read(stream.read(), picture.media_type)
    except Died:
        stop(transcript, "died", TranscriptState.WAITING)
        if transcript.tries < rules.MOST_TRIES:
            raise
        return stop(transcript, "died", TranscriptState.FAILED)
    except Unreadable as error:
        return stop(transcript, str(error), TranscriptState.FAILED)
    return keep(transcript, pages, at, straight=straight)


def stop(transcript: Transcript, problem: str, state: str) -> Transcript:
    """Say what went wrong. What was read or confirmed meanwhile is left alone."""
    Transcript.objects.filter(id=transcript.id, state__in=OPEN).update(problem=problem, state=state)
    transcript.refresh_from_db()
    return transcript


def keep(transcript: Transcript, pages: Sequence[Page], at: datetime, *, straight: bool = False) -> Transcript:
    """Keep what was read: the lines, and the table they make. The second of two readers keeps nothing.

    `straight`: it was read from the photograph set straight; the places of the lines are places on that.
    """
    read = [read_page(page.lines, number) for number, page in enumerate(pages, 1)]
    items = [item for found, _ in read for item in found]
    words = get_reader().cut([transcript.document.title, *(line.text for page in pages for line in page.lines)])
    with transaction.atomic():
        held = Transcript.objects.select_for_update(of=("self",)).select_related("document__patient").get(
            id=transcript.id
        )  # fmt: skip
        if held.state not in OPEN:
            return held
        held.pages, held.straight = [asdict(page) for page in pages], straight
        held.facts = {key: value for _, facts in reversed(read) for key, value in facts.items()}
        found = bool(items) if held.document.kind in queries.TABLES else any(page.lines for page in pages)
        held.state = TranscriptState.READ if found else TranscriptState.FAILED
        held.problem, held.read_at = "" if found else "nothing", at
        add_version(held, items, None, at)
        held.save()
        index_document(held.document, words)
        outbox.emit(
            "records.transcript.read", document=str(held.document_id), patient=str(held.document.patient_id)
        )  # fmt: skip
    return held


def add_version(transcript: Transcript, items: Iterable[rules.Item], by: UUID | None, at: datetime) -> None:
    """The next state of the table; the caller saves the transcript."""
    transcript.version += 1
    rows = [item.kept() for item in items]
    TranscriptVersion.objects.create(transcript=transcript, number=transcript.version, items=rows, by_id=by, at=at)


def confirm_transcript(
    transcript: Transcript, items: Sequence[rules.Item], *, seen: int, actor: Actor, at: datetime
) -> Transcript:
    """Say what stands on the report. `seen` is the version that was on the screen. What stood there before is kept.

    `transcript` was loaded by `access_transcript(actor, id, to="confirm")`. Emits `records.transcript.confirmed`.

    Raises:
        Stale: somebody else changed the table meanwhile. Refused: field `items`.
    """
    kept = [plain_item(item) for item in items]
    if fault := rules.check_items(kept):
        raise Refused({"items": fault})
    with transaction.atomic():
        held = Transcript.objects.select_for_update(of=("self",)).select_related("document__patient").get(
            id=transcript.id
        )  # fmt: skip
        if held.version != seen:
            raise Stale
        add_version(held, kept, account_of(actor, ADD), at)
        held.state, held.problem = TranscriptState.CONFIRMED, ""
        held.confirmed_at, held.confirmed_by_id = at, actor.account_id
        held.save()
        texts = [text for item in kept for text in rules.texts_of(item)]
        # Cut here: whoever serves pages has the dictionary for the search.
        index_document(held.document, list_words([held.document.title, *queries.list_lines(held), *texts]))
        note(held, "confirmed", actor, at)
    return held


def plain_item(item: rules.Item) -> rules.Item:
    """An item as a person wrote it, in plain forms; the flag is the person's word, and nothing is in doubt."""
    return replace(
        item, name=plain(item.name), value=plain(item.value), unit=plain(item.unit),
        range=plain(item.range), doubts=(),
    )  # fmt: skip


def read_again(transcript: Transcript, *, actor: Actor, at: datetime) -> Transcript:
    """Have a document read once more that could not be read. Emits `records.transcript.asked`.

    `transcript` was loaded by `access_transcript(actor, id, to="confirm")`. One under way or confirmed is left alone.
    """
    with transaction.atomic():
        held = Transcript.objects.select_for_update(of=("self",)).select_related("document__patient").get(
            id=transcript.id
        )  # fmt: skip
        if held.state == TranscriptState.FAILED:
            held.state, held.tries, held.problem, held.asked_at = TranscriptState.WAITING, 0, "", at
            held.save()
            note(held, "asked", actor, at)
    return held


def index_document(document: Document, words: Iterable[str]) -> None:
    """Keep the fingerprints of a document's words, of its title and of what was read. Replaces those before."""
    lexemes = fingerprints(document.patient_id, words)
    vector = Func(Value(lexemes), function="array_to_tsvector", output_field=SearchVectorField())
    DocumentWords.objects.update_or_create(
        document=document, defaults={"patient_id": document.patient_id, "words": vector}
    )  # fmt: skip


def note(transcript: Transcript, what: str, actor: Actor, at: datetime) -> None:
    """Audit entry and event, in the caller's transaction."""
    document = transcript.document
    audit.record(
        actor, f"records.transcript.{what}", subject_kind="document", subject_id=document.id,
        patient_id=document.patient_id, case_id=document.case_id,
        organisation_id=document.patient.organisation_id, at=at,
    )  # fmt: skip
    outbox.emit(f"records.transcript.{what}", document=str(document.id), patient=str(document.patient_id))
