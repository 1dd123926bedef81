"""The report: drafted from the opinions, approved by the chair, typeset and signed by a job, delivered once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.actions.cosigning import ask_cosigners
from huizhen.consult.joint.actions.paper import LANGUAGE, get_people, read_draft, to_content, to_text, write_draft
from huizhen.consult.joint.flow import CHAIR, COSIGN, NO_ROOM
from huizhen.consult.joint.models import Application, Report
from huizhen.consult.joint.queries import get_application, get_report_in_work, is_waiting, list_signed
from huizhen.consult.joint.questions.actions import take_up
from huizhen.consult.joint.report import press
from huizhen.consult.joint.report.content import OpinionText
from huizhen.consult.joint.report.rules import NotReady, check_report, draft_report, settle_sources
from huizhen.kernel import files, outbox
from huizhen.kernel.access import SYSTEM, Actor, NotAllowed, NotVisible
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.flow import acts
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused


@transaction.atomic
def begin_draft(case_id: UUID, *, at: datetime) -> Report | None:
    """Write the first draft from the opinions that stand. Where the chair has one in work, its words stay and only
    dissent and sources follow the opinions; where drafting is over, nothing happens."""
    report = _hold(case_id)
    application = get_application(case_id)
    if application.case.state != "drafting" or (report is not None and report.approved_at):
        return report
    texts = list_texts(application.id)
    chair = next((str(i.expert_id) for i in application.invitations.all() if i.is_chair), "")
    draft = write_draft(draft_report(texts, chair=chair))
    if report is None:
        number = application.reports.count() + 1
        return Report.objects.create(application=application, version=number, content=draft, updated_at=at)
    report.content = _settle({**report.content, "dissents": draft["dissents"]}, texts)
    report.save(update_fields=["content"])
    return report


def list_texts(application_id: UUID) -> list[OpinionText]:
    """The opinions that stand, as the report prints them; for the chair's desk, whose face has checked access."""
    opinions = list_signed(application_id)
    people = get_people(opinion.expert_id for opinion in opinions)
    return [to_text(opinion, people[opinion.expert_id]) for opinion in opinions]


@transaction.atomic
def save_report(actor: Actor, case_id: UUID, content: dict[str, Any], *, at: datetime) -> Report:
    """Keep the chair's draft: `conclusion` and `advice` as lists of `{"text", "sources"}`, `transfer` where a referral
    to hospital is advised. Dissent cannot be edited, and a source is kept only where its opinion says the words.

    Raises:
        NotVisible, NotAllowed; Refused `no_draft`, `report_approved`.
    """
    access_joint(actor, case_id, to=CHAIR)
    report = _hold(case_id)
    if report is None:
        raise Refused("no_draft")
    if report.approved_at:
        raise Refused("report_approved")
    transfer = bool(content.get("transfer", report.content.get("transfer")))
    kept = {"dissents": report.content.get("dissents", []), "transfer": transfer}
    written = {"conclusion": content["conclusion"], "advice": content["advice"], **kept}
    report.content = _settle(written, list_texts(report.application_id))
    report.updated_at = at
    report.save(update_fields=["content", "updated_at"])
    return report


@transaction.atomic
def approve_report(actor: Actor, case_id: UUID, *, at: datetime, version: int | None = None) -> Report:
    """The chair signs off the draft; those who co-sign are asked, then the file is made by a job. Opinions that changed
    meanwhile are noticed.

    Raises:
        Refused: as the guard; `not_ready` with what is missing. And as `move`.
    """
    access_joint(actor, case_id, to=CHAIR)
    report = _hold(case_id)
    application = get_application(case_id)
    waits = report is not None and not report.approved_at and ask_cosigners(application, report, at=at)
    move(case_id, "ask_cosignatures" if waits else "approve_report", actor=actor, at=at, version=version)
    if report is None:
        raise Refused("no_draft")
    report.approved_by_id, report.approved_at = actor.account_id, at
    report.content = _settle(report.content, list_texts(application.id))
    try:
        check_report(to_content(application, report, list_signed(application.id)))
    except NotReady as error:
        raise Refused("not_ready", why=error.code) from error
    report.save(update_fields=["content", "approved_by", "approved_at"])
    return report


def preview(actor: Actor, case_id: UUID, *, at: datetime) -> bytes:
    """The report as it would be signed now: a PDF without signature, for the eyes of the chair and of who co-signs it.

    Raises:
        NotVisible, also where what was asked, which it prints, is closed to the actor. NotAllowed; Refused `no_draft`,
            `not_ready`.
    """
    seen = access_joint(actor, case_id)
    if not (seen.may(CHAIR) or seen.may(COSIGN)):
        raise NotAllowed(CHAIR)
    if not seen.is_asked_open:
        raise NotVisible(case_id)
    report = get_report_in_work(seen.application.id)
    if report is None:
        raise Refused("no_draft")
    try:
        content = to_content(seen.application, report, list_signed(seen.application.id))
        return press.preview_report(content, language=LANGUAGE, at=at)
    except NotReady as error:
        raise Refused("not_ready", why=error.code) from error


def issue_report(case_id: UUID, *, at: datetime) -> None:
    """Typeset, sign, store and deliver an approved report that waits for nobody's signature. Run twice, or killed in
    between, it is delivered once; where the case has ended meanwhile, nothing is made.

    The file is made outside the transaction: it takes a second, and a case must not be locked so long.

    Raises:
        StorageTrouble: the store takes nothing; noted in the case, told once, and tried again by the job.
    """
    application = get_application(case_id)
    report = get_report_in_work(application.id)
    if application.case.closed_at or report is None or report.approved_at is None or is_waiting(report):
        return
    content = to_content(application, report, list_signed(application.id))
    signed = press.sign_report(content, language=LANGUAGE, at=at)
    try:
        _deliver(case_id, report, signed, at)
    except StorageTrouble:
        _note_no_room(case_id, at)
        raise


def issue_waiting(*, at: datetime) -> None:
    """Issue what waits for room in the store, and what a job has given up: approved so long ago that the job that
    should have issued it is not at work any more. The first that finds no room ends the round; a report that cannot be
    made holds up no other.

    Raises:
        StorageTrouble: there is no room yet. And as `outbox.go_round`.
    """
    left = Q(no_room_since__isnull=False) | Q(approved_at__lt=at - outbox.GIVES_UP_AFTER)
    found = Report.objects.filter(left, signed_at=None, application__case__closed_at=None).order_by("approved_at")

    def issue(case_id: UUID) -> None:
        issue_report(case_id, at=at)

    outbox.go_round(found.values_list("application__case_id", flat=True), issue, ends=(StorageTrouble,))


@transaction.atomic
def _deliver(case_id: UUID, report: Report, signed: Any, at: datetime) -> None:
    """Store the signed file and send it out, if it is still what was approved and the case goes on."""
    held = _hold(case_id)
    if held is None or held.id != report.id or held.approved_at != report.approved_at or is_waiting(held):
        return
    case = held.application.case
    if case.closed_at:
        return
    held.file = files.store(f"{case.number}-v{report.version}.pdf", signed.pdf, actor=SYSTEM, at=at, purpose="report")
    held.signed_at, held.digest, held.no_room_since = at, signed.digest, None
    held.save(update_fields=["file", "signed_at", "digest", "no_room_since"])
    name = "deliver_late" if held.after_close else "deliver_correction" if held.version > 1 else "deliver"
    move(case_id, name, actor=SYSTEM, at=at, data={"report": str(held.id), "version": held.version})
    if name == "deliver_correction":
        take_up(held.application, at=at)


@transaction.atomic
def _note_no_room(case_id: UUID, at: datetime) -> None:
    """Write into the case, once, that its report waits for room, and tell chair and centre."""
    held = _hold(case_id)
    if held is None or held.no_room_since or held.application.case.closed_at:
        return
    held.no_room_since = at
    held.save(update_fields=["no_room_since"])
    acts.note(case_id, NO_ROOM, actor=SYSTEM, at=at, audience="staff", tells=("chair", "team:coordinator"))


def _settle(content: dict[str, Any], texts: list[OpinionText]) -> dict[str, Any]:
    """A stored draft with the sources that its words have now."""
    return write_draft(settle_sources(read_draft(content), texts))


def _hold(case_id: UUID) -> Report | None:
    """Lock the case, and the version in work, which comes with the case as it is now."""
    application = Application.objects.select_for_update(of=("case",)).select_related("case").get(case_id=case_id)
    rows = Report.objects.select_for_update(of=("self",)).select_related("application__case")
    return rows.filter(application=application, signed_at__isnull=True).first()
