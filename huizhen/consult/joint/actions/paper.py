"""The rows of a case as its paper needs them: plain values for `report`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation

from huizhen.consult.joint.findings.rules import join_findings
from huizhen.consult.joint.models import Application, Opinion, Report
from huizhen.consult.joint.queries import list_cosigners
from huizhen.consult.joint.report.content import (
    Correction,
    Dissent,
    Material,
    OpinionText,
    Paragraph,
    Patient,
    Person,
    Picture,
    ReportContent,
    ReportDraft,
    Sex,
    Stance,
)
from huizhen.consult.joint.report.rules import settle_sources
from huizhen.consult.joint.verification.queries import get_digest
from huizhen.people.credentials.cards import Card, get_cards
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.documents import queries as documents
from huizhen.records.imaging import queries as imaging
from huizhen.records.imaging.facts import BadImage
from huizhen.records.patients.rules import mask_number

LANGUAGE = "zh-hans"


def to_person(card: Card) -> Person:
    """A doctor as the report names one."""
    return Person(str(card.account_id), card.name, str(card.title), department=card.department, hospital=card.hospital)


def get_people(account_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Doctors by account. Their titles are in the paper's language, whatever the reader's: they are part of what an
    expert signs, and must read the same when the report is made."""
    with translation.override(LANGUAGE):
        return {key: to_person(card) for key, card in get_cards(account_ids).items()}


def to_text(opinion: Opinion, expert: Person) -> OpinionText:
    """An opinion as the report prints it, with the words its author signed."""
    assert opinion.signed_at is not None, "only signed opinions go on paper"  # noqa: S101
    return OpinionText(
        id=str(opinion.id), expert=expert, findings=join_findings(opinion.structured, opinion.findings),
        assessment=opinion.assessment, advice=opinion.advice, signed_at=opinion.signed_at,
        stance=Stance(opinion.stance), stance_reason=opinion.stance_reason, statement=opinion.statement.encode(),
        signature=bytes(opinion.signature),
    )  # fmt: skip


def to_content(application: Application, report: Report, opinions: list[Opinion]) -> ReportContent:
    """The whole report, each paragraph with the sources that its words have. The chair is who approved it, or, before
    that, the expert named as chair."""
    chair_id = report.approved_by_id or next(i.expert_id for i in application.invitations.all() if i.is_chair)
    cosigners = list_cosigners(report.id)
    people = get_people({application.applicant_id, chair_id, *cosigners, *(o.expert_id for o in opinions)})
    texts = tuple(to_text(opinion, people[opinion.expert_id]) for opinion in opinions)
    case = application.case
    return ReportContent(
        centre=get_full_name(case.team_organisation_id) if case.team_organisation_id else "",
        case_number=case.number,
        verify_url=f"{settings.PUBLIC_URL}/verify/{report.code}/",
        code=report.code,
        patient=to_patient(application.patient),
        applicant=people.get(application.applicant_id)
        or Person(str(application.applicant_id), str(application.applicant)),
        applied_at=case.opened_at,
        purpose=str(application.get_purpose_display()),
        question=application.question,
        summary=application.summary,
        chair=people[chair_id],
        draft=settle_sources(read_draft(report.content), texts),
        opinions=texts,
        materials=_materials(application),
        pictures=list_pictures(application.case_id, at=report.approved_at),
        urgent=case.urgency == "urgent",
        version=report.version,
        correction=_correction(application, report),
        cosigners=tuple(people[key] for key in cosigners),
        demonstration=settings.DEMO,
    )


def _correction(application: Application, report: Report) -> Correction | None:
    before = [one for one in application.reports.all() if one.signed_at and one.version < report.version]
    last = max(before, key=lambda one: one.version, default=None)
    if last is None or last.signed_at is None:
        return None
    return Correction(last.version, last.signed_at, get_digest(last), report.correction_reason)


def write_draft(draft: ReportDraft) -> dict[str, Any]:
    """A draft as JSON, to be kept in the report's row."""
    return {
        "conclusion": [{"text": p.text, "sources": list(p.sources)} for p in draft.conclusion],
        "advice": [{"text": p.text, "sources": list(p.sources)} for p in draft.advice],
        "dissents": [
            {"opinion": d.opinion, "stance": d.stance.value, "reason": d.reason, "text": d.text,
             "marked_by_chair": d.marked_by_chair}
            for d in draft.dissents
        ],
        "transfer": draft.transfer,
    }  # fmt: skip


def read_draft(stored: dict[str, Any]) -> ReportDraft:
    """The draft of a report's row."""
    return ReportDraft(
        conclusion=tuple(Paragraph(p["text"], tuple(p["sources"])) for p in stored.get("conclusion", ())),
        advice=tuple(Paragraph(p["text"], tuple(p["sources"])) for p in stored.get("advice", ())),
        dissents=tuple(Dissent(**{**d, "stance": Stance(d["stance"])}) for d in stored.get("dissents", ())),
        transfer=bool(stored.get("transfer")),
    )


def to_patient(patient: Any) -> Patient:
    """The person a paper is about; the identity number comes masked."""
    return Patient(
        patient.name, Sex(patient.sex), patient.birth_on, mask_number(patient.identity_number), str(patient.id)[-8:]
    )


def _materials(application: Application) -> tuple[Material, ...]:
    rows = list(application.materials.all())
    labels = documents.list_labels(row.document_id for row in rows if row.document_id)
    labels += imaging.list_labels(row.study_id for row in rows if row.study_id)
    return tuple(Material(kind, name, taken_on) for kind, name, taken_on in labels)


def list_pictures(case_id: UUID, *, at: datetime | None) -> tuple[Picture, ...]:
    """The key images as they stood when the paper was approved; before that, as they stand. One that cannot be drawn
    any more is left out: it must not keep a report from its patient."""
    found = []
    for mark in imaging.list_key_images(case_id, at=at):
        study = mark.instance.series.study
        where = " · ".join(str(part) for part in (mark.instance.series.modality, study.taken_on) if part)
        try:
            picture = imaging.get_marked_picture(mark)
        except BadImage:
            continue
        found.append(Picture(picture.data, "：".join(part for part in (where, mark.note) if part)))
    return tuple(found)
