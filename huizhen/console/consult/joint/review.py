"""The last look at an application: in words for the reader, and as what is sent."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links, show
from huizhen.console.consult.joint.steps import Draft
from huizhen.console.refusals import say_missing
from huizhen.console.shapes import Attachment
from huizhen.consult.joint import rules
from huizhen.consult.joint.actions import NotApplicant, Wanted
from huizhen.consult.joint.flow import APPLY
from huizhen.consult.joint.queries import PURPOSES, find_sent
from huizhen.kernel import files
from huizhen.kernel.access import Actor, NotVisible, grants
from huizhen.people.credentials.queries import list_specialties
from huizhen.people.organisations.queries import get_full_name


def check_applicant(actor: Actor) -> None:
    """Who may apply at all: applicant doctors, and patients or families for themselves.

    Raises:
        NotApplicant: anybody else.
    """
    if not actor.patient_ids and not actor.roles() & grants[APPLY].roles:
        raise NotApplicant(APPLY)


def find_sent_as(actor: Actor, draft_id: UUID) -> Any:
    """The application this draft became, if it was sent."""
    return find_sent(actor.account_id, str(draft_id)) if actor.account_id else None


def hindrances(draft: Draft, found: dict[str, Any]) -> list[str]:
    """Why it cannot be sent yet, in sentences."""
    faults = []
    if found["running"]:
        faults.append(_("The images are still being read in. Wait a moment; this page shows when they are there."))
    if not draft.content.get("specialty") or not draft.content.get("purpose"):
        faults.append(_("Go back to the question and choose purpose and specialty."))
    if not draft.content.get("agreed"):
        faults.append(_("Go back to the consent: without it nothing may be sent."))
    return faults


def to_wanted(draft: Draft, found: dict[str, Any]) -> Wanted:
    """The draft as it is sent; its id is the key that makes sending twice harmless."""
    said = draft.content
    return Wanted(
        sent_key=str(draft.id), patient_id=draft.patient_id, purpose=said["purpose"], question=said["question"],
        summary=said["summary"], specialty=said["specialty"], urgency=said.get("urgency") or "normal",
        consent_file_id=UUID(said["paper"]) if said.get("paper") else None,
        wants_meeting=bool(said.get("wants_meeting")),
        document_ids=tuple(file.id for file, chosen in found["have_documents"] if chosen),
        study_ids=tuple(key for key, _label, chosen in found["have_studies"] if chosen),
        urgent_why=said.get("urgent_why", ""),
    )  # fmt: skip


def context(draft: Draft, patient: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Everything once more, what is still missing, and what happens next."""
    said = draft.content
    documents = [file.name for file, chosen in found["have_documents"] if chosen]
    studies = [label for _key, label, chosen in found["have_studies"] if chosen]
    missing = rules.list_missing(
        question=said.get("question", ""), summary=said.get("summary", ""), documents=len(documents),
        studies=len(studies), purpose=said.get("purpose", ""),
    )  # fmt: skip
    urgent = said.get("urgency") == "urgent"
    blocks = [
        (_("Patient"), "patient", [(_("Name"), f"{patient.name} · {show.patient_line(patient)}")]),
        (_("Question"), "question", _question_lines(said)),
        (_("Material"), "materials", [(_("Imaging"), "\n".join(studies)), (_("Documents"), "\n".join(documents))]),
        (_("Consent"), "consent", _consent_lines(said, urgent=urgent)),
    ]
    promise = _("The consultation centre looks at it within 15 minutes.") if urgent else _(
        "The consultation centre looks at it within 2 hours."
    )  # fmt: skip
    return {
        "review": [{"title": t, "href": links.step(draft.id or "", step), "lines": lines} for t, step, lines in blocks],
        "missing": say_missing(missing), "promise": promise,
    }  # fmt: skip


def _question_lines(said: dict[str, Any]) -> list[tuple[str, Any]]:
    purposes, specialties = dict(PURPOSES), dict(list_specialties())
    return [
        (_("Purpose"), purposes.get(said.get("purpose", ""), "")),
        (_("Question to the experts"), said.get("question", "")),
        (_("Summary of the illness"), said.get("summary", "")),
        (_("Specialty wanted"), specialties.get(said.get("specialty", ""), "")),
        (_("Meeting"), _("wanted") if said.get("wants_meeting") else _("not needed")),
    ]


def _consent_lines(said: dict[str, Any], *, urgent: bool) -> list[tuple[str, Any]]:
    given = _("given, with the signed form") if said.get("paper") else _("given")
    lines = [(_("Consent"), given if said.get("agreed") else "")]
    lines.append((_("How fast must it go?"), _("Urgent") if urgent else _("Normal")))
    return [*lines, (_("Why is it urgent?"), said.get("urgent_why", ""))] if urgent else lines


def consent_text(actor: Actor, draft: Draft) -> str:
    """What the patient agrees to."""
    places = [m.organisation_id for m in actor.memberships if m.role in grants[APPLY].roles]
    hospital = get_full_name(places[0]) if places else _("the hospital")
    text = _(
        "I agree that %(hospital)s shares my summary, images and reports with the consultation centre and the invited "
        "experts, for this consultation only and until it ends, at most 180 days. I may withdraw at any time."
    )
    return text % {"hospital": hospital}


def papers(actor: Actor, draft: Draft) -> list[Attachment]:
    """The signed form that was uploaded before."""
    key = draft.content.get("paper")
    if not key:
        return []
    try:
        file = files.get_upload(UUID(key), actor)
    except NotVisible:
        return []
    return [Attachment(file.name, about=_("kept"), id=file.id)]


def draft_row(draft: Any) -> dict[str, Any]:
    """An unfinished application in one line."""
    about = show.first_line(draft.content.get("question", "")) or _("Not asked yet")
    return {"id": draft.id, "about": about, "at": draft.updated_at, "href": links.step(draft.id, "question")}
