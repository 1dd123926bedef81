"""What a case needs, and who could give it: read from the case, the experts' records, calendars and load."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from huizhen.consult.contracts.queries import get_terms
from huizhen.consult.joint.meetings.queries import get_taken
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.queries import LIVE, get_load
from huizhen.consult.suggestions.candidates import list_candidates
from huizhen.consult.suggestions.lessons import Topic, lessons, samples, topics
from huizhen.consult.suggestions.models import Learning, Pace
from huizhen.consult.suggestions.rules import ranking, recognising
from huizhen.consult.suggestions.rules.ranking import Candidate, Suggestion
from huizhen.consult.suggestions.rules.recognising import Guess, Model
from huizhen.kernel.calendar.holidays import office
from huizhen.people.availability.queries import get_calendars
from huizhen.people.availability.rules import HORIZON, first_free
from huizhen.people.organisations.queries import get_node
from huizhen.records.documents import queries as documents
from huizhen.records.imaging import queries as imaging
from huizhen.records.transcripts.queries import get_confirmed_text

WANTED = 4  # specialties that experts are looked for in
FAINT = 0.03  # a guess with less belief is no help
READ_WORD = 0.35  # what the text of reports is worth beside question and summary: a head names the laboratory
READ_MOST = 4000  # characters
OWN_WORD = 0.5  # what the applicant's own choice of specialty is worth beside the best guess
SHOWN = 8
LENGTH = timedelta(minutes=30)
SHIPPED = "shipped"


@dataclass(frozen=True)
class Need:
    """What a case needs: specialties with shares (the first one 1), the guesses with their words, and topics."""

    wanted: tuple[tuple[str, float], ...]
    guesses: tuple[Guess, ...]
    topics: tuple[str, ...]


def read_need(application: Application, *, material: bool = True) -> Need:
    """Recognise specialties and topics from question, summary and the materials' names, and with less weight from what
    people have confirmed to stand in the reports. The applicant's choice counts. Without `material`, for who may not
    read it now, from question and summary alone."""
    text, read, model = text_of(application, material=material), "", get_model()
    if material:
        read = read_text_of(application)
    guesses = tuple(guess for guess in model.guess(text) if guess.share >= FAINT)
    shares = {guess.specialty: guess.share for guess in guesses}
    for guess in model.guess(read) if read else ():
        shares[guess.specialty] = shares.get(guess.specialty, 0.0) + READ_WORD * guess.share
    best = max(shares.values(), default=1.0)
    chosen = application.specialty_id
    shares[chosen] = shares.get(chosen, 0.0) + OWN_WORD * best
    top = max(shares.values())
    ordered = sorted(shares, key=lambda code: -shares[code])[:WANTED]
    return Need(
        tuple((code, shares[code] / top) for code in ordered), guesses, tuple(find_topics(f"{text}\n{read}", ordered))
    )  # fmt: skip


def text_of(application: Application, *, material: bool = True) -> str:
    """Everything in words that an application brings, or without its `material`."""
    rows = list(application.materials.all()) if material else []
    labels = documents.list_labels(row.document_id for row in rows if row.document_id)
    labels += imaging.list_labels(row.study_id for row in rows if row.study_id)
    return "\n".join([application.question, application.summary, *(str(name) for _kind, name, _on in labels)])


def read_text_of(application: Application) -> str:
    """What was read from the application's documents and confirmed by a person."""
    keys = [row.document_id for row in application.materials.all() if row.document_id]
    return get_confirmed_text(keys, most=READ_MOST) if keys else ""


def find_topics(text: str, specialties: Sequence[str]) -> list[str]:
    """The codes of the topics that a text is about, for a case that needs these specialties."""
    words, homes = _topic_words()
    return recognising.find_topics(text, words, homes=homes, near=specialties)


def get_topic(code: str) -> Topic | None:
    """A topic with its names."""
    return topics().get(code)


def list_topic_choices() -> list[tuple[str, str]]:
    """Every topic for a form: its code, and its name in the reader's language."""
    english = (get_language() or "").startswith("en")
    return [(topic.code, topic.name_en if english else topic.name) for topic in topics().values()]


def get_model() -> Model:
    """The recogniser in use: what ships, with what was learnt here."""
    learning = Learning.objects.filter(in_use=True).only("id").first()
    return _model(str(learning.pk) if learning else SHIPPED)


@lru_cache(maxsize=2)
def _model(key: str) -> Model:
    own = {} if key == SHIPPED else Learning.objects.get(pk=key).counts
    return recognising.train(shipped(), own)


@lru_cache(maxsize=1)
def shipped() -> recognising.Counts:
    """The token counts of the material that ships."""
    return recognising.gather(lessons())


@lru_cache(maxsize=1)
def evaluation() -> tuple[tuple[str, frozenset[str], str], ...]:
    """The samples that every model is measured by."""
    return tuple((one.right, one.acceptable, one.text) for one in samples())


def suggest(
    application: Application,
    *,
    at: datetime,
    wanted: Sequence[tuple[str, float]] = (),
    leave_out: Iterable[UUID] = (),
    most: int = SHOWN,
    need: Need | None = None,
) -> list[Suggestion]:
    """The experts to think of first, with reasons. `wanted` narrows to given specialties, as a template's seat does.

    Nobody who takes part already, nor the applicant, nor `leave_out`. `need`: what `read_need` found, where the caller
    knows it already. Nothing is invited by this.
    """
    need = need or read_need(application)
    taken = {i.expert_id for i in application.invitations.all() if i.state in LIVE} | {application.applicant_id}
    node = get_node(application.case.organisation_id)
    rows = list_candidates(
        tuple(wanted) or need.wanted, topics=need.topics, around=node.path if node else (),
        leave_out=taken | set(leave_out), on=at.date(),
    )  # fmt: skip
    return ranking.rank(_fill_in(application, rows, need, at), at=at)[:most]


def _fill_in(application: Application, rows: list[tuple[Any, ...]], need: Need, at: datetime) -> list[Candidate]:
    keys, case = [row[0] for row in rows], application.case
    terms = get_terms(
        case.organisation_id, {row[5] for row in rows}, urgent=case.urgency == "urgent", at=at, case_id=case.id
    )
    load, calendars, hours = get_load(keys, at=at), get_calendars(keys, at, at + HORIZON), office()
    taken = get_taken(keys, at, at + HORIZON)
    found = []
    for key, specialty, fit, focus, limit, place, near, cases, topic, unfit, minutes in rows:
        working, week = load.get(key, (0, 0))
        named = next((code for code in need.topics if topics()[code].name in focus), "")
        found.append(
            Candidate(
                key, fit, specialty, topic or named, cases, bool(named), unfit, minutes, near, working, week, limit,
                first_free(hours, calendars[key], at, length=LENGTH, taken=taken.get(key, ())),
                calendars[key].absent_until(at),
                terms[place].fee_fen, terms[place].why,
            )
        )  # fmt: skip
    return found


def get_paces(account_ids: Iterable[UUID]) -> dict[UUID, Pace]:
    """How fast experts answer and write, where they have been asked."""
    return {row.expert_id: row for row in Pace.objects.filter(expert_id__in=list(account_ids))}


@lru_cache(maxsize=1)
def _topic_words() -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    words = {topic.code: (topic.name, *topic.words) for topic in topics().values()}
    return words, {topic.code: topic.specialties[0] for topic in topics().values()}
