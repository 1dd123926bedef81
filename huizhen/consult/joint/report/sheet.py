"""From a report's content to what the template lays out: labels, dates and names as finished text, nothing open."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from huizhen.consult.joint.report import wording
from huizhen.consult.joint.report.attribution import attribute, split_paragraphs
from huizhen.consult.joint.report.codes import show_code
from huizhen.consult.joint.report.content import OpinionText, Paragraph, Person, ReportContent, Stance
from huizhen.consult.joint.report.rules import get_stance

LONG_OPINION = 900  # characters; a shorter opinion is not torn across two pages
ZONE = ZoneInfo("Asia/Shanghai")


def format_time(at: datetime) -> str:
    """Write a moment in Beijing time to the minute, the same in every language."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def format_age(born_on: date, on: date, language: str) -> str:
    """Write an age as a paediatrician would: days in the first month, months below three years, then years."""
    months = (on.year - born_on.year) * 12 + on.month - born_on.month - (on.day < born_on.day)
    if months < 1:
        return wording.say(wording.DAYS, language, count=max(0, (on - born_on).days))
    if months < 36:
        return wording.say(wording.MONTHS, language, count=months)
    return wording.say(wording.YEARS, language, count=months // 12)


def lay_out(content: ReportContent, *, language: str, at: datetime) -> dict:
    """Return the template's data: only text, numbers, lists and mappings."""
    labels = wording.get_labels(language)
    numbers = {one.id: place for place, one in enumerate(content.opinions, 1)}
    return {
        "language": "zh" if language.startswith("zh") else "en",
        "labels": labels,
        "centre": content.centre,
        "case": content.case_number,
        "version": str(content.version),
        "urgent": content.urgent,
        "demonstration": content.demonstration,
        "url": content.verify_url,
        "code": show_code(content.code),
        "made_at": format_time(at),
        "patient": content.patient.name,
        "facts": _facts(content, labels, language, at),
        "banner": _banner(content, language),
        "purpose": content.purpose,
        "question": split_paragraphs(content.question),
        "summary": split_paragraphs(content.summary),
        "conclusion": [_paragraph(one, content, labels) for one in content.draft.conclusion],
        "advice": [
            *(_paragraph(one, content, labels) for one in content.draft.advice),
            *(
                [[{"text": labels["transfer"], "from": "", "own": labels["by_the_chair"]}]]
                if content.draft.transfer
                else []
            ),
        ],
        "dissents": [
            _dissent(one, numbers[one.id], labels, language)
            for one in content.opinions
            if get_stance(one) is not Stance.AGREE
        ],
        "materials": [
            [one.kind, one.name, one.taken_on.isoformat() if one.taken_on else "—", one.source or "—"]
            for one in content.materials
        ],
        "captions": [one.caption for one in content.pictures],
        "opinions": [_opinion(one, numbers[one.id], labels, language) for one in content.opinions],
        "chair": {"name": content.chair.name, "about": _about(content.chair)},
        "cosigners": [{"name": one.name, "about": _about(one)} for one in content.cosigners],
    }


def _about(person: Person) -> str:
    return " · ".join(part for part in (person.title, person.department, person.hospital) if part)


def _facts(content: ReportContent, labels: dict, language: str, at: datetime) -> list[list[str]]:
    patient, applicant = content.patient, content.applicant
    born, age = "—", ""
    if patient.born_on:
        born = patient.born_on.isoformat()
        age = " · " + format_age(patient.born_on, at.astimezone(ZONE).date(), language)
    return [
        [labels["name"], patient.name],
        [labels["sex_age"], wording.say(wording.SEXES[patient.sex], language) + age],
        [labels["born"], born],
        [labels["record"], patient.record_number or "—"],
        [labels["identity"], patient.identity_masked or "—"],
        [labels["applicant"], f"{applicant.name} {applicant.title}".strip()],
        [labels["hospital"], "\n".join(part for part in (applicant.hospital, applicant.department) if part) or "—"],
        [labels["applied"], format_time(content.applied_at)],
    ]


def _banner(content: ReportContent, language: str) -> dict | None:
    correction = content.correction
    if correction is None:
        return None
    text = wording.say(
        wording.LABELS["correction"],
        language,
        version=content.version,
        old=correction.of_version,
        at=format_time(correction.signed_at),
    )
    # Groups of eight are read out and compared by eye, and a line breaks between them.
    digest = " ".join(re.findall(".{1,8}", correction.digest))
    return {"text": text, "reason": correction.reason, "digest": digest}


def _paragraph(paragraph: Paragraph, content: ReportContent, labels: dict) -> list[dict]:
    """A paragraph as it is laid out: its sentences, divided where their authors change, each with its authors."""
    names = {one.id: one.expert.name for one in content.opinions}
    return [
        {
            "text": run.text,
            "from": labels["list_comma"].join(names[key] for key in run.sources),
            "own": labels["own_words"] if not run.sources else "",
        }
        for run in attribute(paragraph, content.opinions)
    ]


def _dissent(opinion: OpinionText, number: int, labels: dict, language: str) -> dict:
    stance = get_stance(opinion)
    by_chair = stance is not opinion.stance
    return {
        "number": number,
        "name": opinion.expert.name,
        "about": _about(opinion.expert),
        "stance": wording.say(wording.STANCES[stance], language),
        "by_chair": labels["by_chair"] if by_chair else "",
        "reason": split_paragraphs(opinion.chair_reason if by_chair else opinion.stance_reason),
        "text": split_paragraphs(opinion.assessment) + split_paragraphs(opinion.advice),
    }


def _opinion(opinion: OpinionText, number: int, labels: dict, language: str) -> dict:
    parts = (
        ("findings", opinion.findings),
        ("assessment", opinion.assessment),
        ("advice", opinion.advice),
        ("differs_in", opinion.stance_reason if opinion.stance is not Stance.AGREE else ""),
    )
    return {
        "number": number,
        "name": opinion.expert.name,
        "about": _about(opinion.expert),
        "stance": wording.say(wording.STANCES[get_stance(opinion)], language),
        "differs": get_stance(opinion) is not Stance.AGREE,
        "signed_at": format_time(opinion.signed_at),
        "signed": bool(opinion.signature),
        "long": sum(len(text) for _key, text in parts) > LONG_OPINION,
        "parts": [[labels[key], split_paragraphs(text)] for key, text in parts if text.strip()],
    }
