"""Rows of a consultation as the shapes its page is drawn with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links
from huizhen.console.shapes import Badge, Entry, Opinion, Person, ReportVersion
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import JOINT
from huizhen.consult.joint.report.codes import show_code
from huizhen.kernel.clock import now
from huizhen.kernel.flow.language import Flow
from huizhen.kernel.flow.sentences import sentence_of
from huizhen.people.credentials.cards import get_cards
from huizhen.people.credentials.queries import specialty_name
from huizhen.records.patients.rules import mask_name

WAITING = frozenset({"incomplete", "draft", "sent"})
PATH = ("submitted", "received", "assigning", "reviewing", "drafting", "delivered")
PLACE = {"incomplete": "submitted", "meeting": "reviewing", "cosigning": "drafting", "answering": "delivered",
         "closed": "delivered"}  # fmt: skip


class People:
    """The names on one page, each with title and hospital: doctors by one query, others by the name they came with."""

    def __init__(self, account_ids: Iterable[UUID], names: dict[UUID, str] | None = None) -> None:
        self.cards = get_cards({key for key in account_ids if key})
        self.names = names or {}

    def person(self, account_id: UUID | None, name: Any = "", line: Any = "") -> Person:
        """One of them; `name` and `line` where it is no doctor."""
        card = self.cards.get(account_id) if account_id else None
        if card is None:
            return Person(name or (self.names.get(account_id, "") if account_id else ""), line)
        return Person(card.name, card.line)


def badge(state: str, flow: Flow = JOINT) -> Badge:
    """A state as its badge."""
    found = flow.state(state)
    return Badge(
        found.label, "ended" if found.end or state == "delivered" else "waiting" if state in WAITING else "going"
    )


def age_of(birth_on: date | None) -> int | None:
    """Full years today."""
    if birth_on is None:
        return None
    today = now().date()
    return today.year - birth_on.year - ((today.month, today.day) < (birth_on.month, birth_on.day))


def patient_line(patient: Any) -> str:
    """`女，68 岁`."""
    return _("%(sex)s, %(age)s years") % {"sex": patient.get_sex_display(), "age": age_of(patient.birth_on)}


def named_line(patient: Any) -> str:
    """`王秀英，女，68 岁`."""
    return _line(str(patient.name), patient)


def masked_line(patient: Any) -> str:
    """`王＊，女，68 岁`, for lists."""
    return _line(mask_name(patient.name), patient)


def _line(name: str, patient: Any) -> str:
    return _("%(name)s, %(sex)s, %(age)s years") % {
        "name": name, "sex": patient.get_sex_display(), "age": age_of(patient.birth_on),
    }  # fmt: skip


def aim(application: Any) -> str:
    """For which department and what for, in a list, which shows no line of the question."""
    return f"{specialty_name(application.specialty)} · {application.get_purpose_display()}"


def first_line(text: str, most: int = 60) -> str:
    """What a case is about, in one line: the beginning of its question."""
    line = next((part.strip() for part in text.splitlines() if part.strip()), "")
    return line if len(line) <= most else f"{line[: most - 1]}…"


def path(application: Any) -> list[dict[str, Any]]:
    """The way of the case with what is done; nothing where it left the way."""
    case = application.case
    if case.state in ("withdrawn", "referred"):
        return []
    here = PATH.index(PLACE.get(case.state, case.state))
    done = here + 1 if case.state == "closed" else here
    return [
        {"label": JOINT.state(code).label, "state": "done" if n < done else "now" if n == here else ""}
        for n, code in enumerate(PATH)
    ]


def about(seen: Any, people: People) -> dict[str, Any]:
    """What is asked, for whom, by whom."""
    application = seen.application
    patient = application.patient
    may_open = patient.id not in seen.actor.patient_ids and seen.actor.account_id == application.applicant_id
    return {
        "patient": {
            "name": seen.patient_name, "line": patient_line(patient),
            "href": links.patient(patient.id) if may_open else "",
        },
        "purpose": application.get_purpose_display(),
        **asked(seen),
        "department": specialty_name(application.specialty),
        "applicant": people.person(application.applicant_id, application.applicant.name, _("Applicant")),
    }  # fmt: skip


def asked(seen: Seen) -> dict[str, str]:
    """Question and summary, or in their place why they are closed."""
    if seen.is_asked_open:
        return {"question": seen.question, "summary": seen.summary}
    closed = _("No consent of the patient is in force any more: what was asked is closed.")
    return {"question": closed, "summary": "–"}


def entries(events: Sequence[Any], *, ends: bool = True) -> list[Entry]:
    """A stretch of the timeline, newest first; `ends`: its newest is what happened last. Who joined and who left stands
    in the entries beside it already."""
    shown = [event for event in events if event.kind not in ("consult.joint.joined", "consult.joint.left")]
    found = [Entry(event.at, sentence_of(event, JOINT.kind), event.reason) for event in reversed(shown)]
    return [Entry(one.at, one.says, one.reason, now=ends and place == 0) for place, one in enumerate(found)]


def opinions(seen: Any, people: People, dues: dict[UUID, Any]) -> list[Opinion]:
    """The opinions the reader may see, and, for staff, whose is still awaited."""
    application = seen.application
    chair = next((i.expert_id for i in application.invitations.all() if i.is_chair), None)
    signed = [o for o in seen.opinions() if o.signed_at]
    found = [_opinion(one, people, chair) for one in signed]
    if not seen.as_patient and application.case.state in ("reviewing", "meeting"):
        written = {o.expert_id for o in application.opinions.all() if o.signed_at and not o.withdrawn_at}
        waiting = [i for i in application.invitations.all() if i.state == "accepted" and i.expert_id not in written]
        waiting.sort(key=lambda one: (not one.is_chair, one.invited_at, one.expert.name))
        found += [
            Opinion(people.person(i.expert_id, i.expert.name), chair=i.is_chair, due=dues.get(i.expert_id))
            for i in waiting
        ]
    return found


def _opinion(one: Any, people: People, chair: UUID | None) -> Opinion:
    return Opinion(
        people.person(one.expert_id, one.expert.name), one.signed_at, one.findings, one.advice,
        dissent=one.stance != "agree", chair=one.expert_id == chair, assessment=one.assessment,
        differs=one.stance_reason if one.stance != "agree" else "", items=items_of(one),
    )  # fmt: skip


def items_of(one: Any) -> tuple[tuple[str, str], ...]:
    """An opinion's structured findings as label and answer, in the reader's language."""
    end = "_en" if (get_language() or "").startswith("en") else ""
    return tuple((row[f"label{end}"], row[f"shown{end}"]) for row in one.structured.get("rows", ()))


def no_room_since(application: Any) -> Any:
    """Since when a version that is approved waits for room in the store; None where none does."""
    return next((one.no_room_since for one in application.reports.all() if not one.signed_at), None)


def paragraphs(content: Mapping[str, Any], name: str) -> str:
    """One part of a report's text."""
    return "\n".join(part["text"] for part in content.get(name, ()))


def reports(application: Any, people: People) -> list[ReportVersion]:
    """The signed versions, newest first."""
    signed = sorted((r for r in application.reports.all() if r.signed_at), key=lambda r: -r.version)
    return [
        ReportVersion(
            one.version, one.signed_at, people.person(one.approved_by_id),
            f"{links.case(application.case_id)}report/{one.version}.pdf",
            summary=paragraphs(one.content, "conclusion"), advice=paragraphs(one.content, "advice"),
            correction_of=one.version - 1 if one.version > 1 else None, why=one.correction_reason,
            verify=links.verify(one.code) if one.code else "", code=show_code(one.code),
        )
        for one in signed
    ]  # fmt: skip
