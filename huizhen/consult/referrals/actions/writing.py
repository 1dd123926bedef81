"""The referring side: a letter begun, written, agreed to by the patient, signed, sent, and called off."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from huizhen.consult.contracts.queries import get_terms
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.actions.cosigning import hold_case
from huizhen.consult.joint.actions.paper import LANGUAGE
from huizhen.consult.joint.flow import REFERRED
from huizhen.consult.joint.queries import get_report
from huizhen.consult.referrals import rules
from huizhen.consult.referrals.access import BEGIN, access_referral
from huizhen.consult.referrals.actions.paper import to_content, to_given
from huizhen.consult.referrals.flow import CONSENT_WITHDRAWN, CONSENTED, NO_ROOM, REFERRAL, WITHDRAW, WRITE
from huizhen.consult.referrals.letter import press
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.queries import find_receiver, get_consent, get_open, get_referral
from huizhen.kernel import files, outbox
from huizhen.kernel.access import SYSTEM, Actor, NotAllowed, NotVisible
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.flow import acts
from huizhen.kernel.flow.door import move, open_case
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, Participant
from huizhen.kernel.flow.queries import is_noted
from huizhen.people.organisations.queries import get_node
from huizhen.records.consent.actions import give_consent
from huizhen.records.consent.models import Consent
from huizhen.records.patients.queries import get_person_ids, list_standing

CONSENT_LASTS = timedelta(days=90)
CONSENT_SCOPE = ("summary", "documents", "imaging")
PLACES = ("hospital", "department")
PATIENT, FAMILY = "patient", "family"


@transaction.atomic
def begin(actor: Actor, joint_case_id: UUID, *, target_id: UUID, at: datetime, urgency: str = "normal") -> Referral:
    """Begin a referral from a consultation whose report is there, or that was referred before it had one: the letter is
    filled from the report, else from application and opinions signed so far, piece by piece.

    While one is on its way, that one is returned.

    Raises:
        NotVisible, NotAllowed: not the doctor who applied. Refused `no_report`, `no_contract`, `no_receiver`.
    """
    seen = access_joint(actor, joint_case_id, to=BEGIN)
    if seen.as_patient or not actor.memberships:
        raise NotAllowed(BEGIN)
    application = seen.application
    hold_case(application)
    there = get_open(application.id)
    if there is not None:
        return there
    report = get_report(application.id)
    if report is None and application.case.state != REFERRED:
        raise Refused("no_report")
    _check_target(application.case.organisation_id, target_id, at=at)
    people = [(actor.account, "applicant"), *_family(application.patient_id)]
    case = open_case(
        REFERRAL, actor=actor, at=at, organisation_id=application.case.organisation_id, team_organisation_id=None,
        patient_id=application.patient_id, urgency=urgency, participants=people, tells=("patient", "family"),
        data={"joint": str(joint_case_id)},
    )  # fmt: skip
    return Referral.objects.create(
        case=case, application=application, doctor_id=actor.account, target_id=target_id, updated_at=at,
        content={"pieces": rules.fill(to_given(application, report)), "pictures": True},
    )  # fmt: skip


@transaction.atomic
def save_letter(
    actor: Actor, case_id: UUID, texts: dict[str, str], *, pictures: bool, target_id: UUID | None = None, at: datetime
) -> Referral:
    """Keep the letter's words by piece (`rules.PIECES`), whether key images go along, and whom it is for.

    Raises:
        NotVisible, NotAllowed; Refused `letter_signed`, `no_contract`, `no_receiver`.
    """
    referral = lock(access_referral(actor, case_id, to=WRITE).referral.case_id)
    if referral.approved_at or referral.case.closed_at:
        raise Refused("letter_signed")
    if target_id is not None and target_id != referral.target_id:
        _check_target(referral.case.organisation_id, target_id, at=at)
        referral.target_id = target_id
    pieces = rules.rewrite(referral.content["pieces"], texts)
    referral.content, referral.updated_at = {"pieces": pieces, "pictures": pictures}, at
    referral.save(update_fields=["content", "target", "updated_at"])
    return referral


@transaction.atomic
def agree(actor: Actor, case_id: UUID, *, at: datetime, paper_file_id: UUID | None = None) -> Consent:
    """Say that the other hospital may read letter and material, for this referral: the patient or a guardian
    themselves, or the referring doctor with the signed form, and nobody of the hospital that would read. Given
    already, nothing changes.

    Raises:
        NotVisible; NotAllowed: a form, from neither family nor the referring doctor. Refused `referral_over`;
        records.refused.Refused: `evidence`.
    """
    seen = access_referral(actor, case_id)
    own = actor.patient_ids & set(seen.referral.application.patient.person_ids)
    if paper_file_id is not None and not own and not seen.may(WRITE):
        raise NotAllowed(WRITE)
    referral = lock(case_id)
    if referral.case.closed_at:
        raise Refused("referral_over")
    return get_consent(referral, at=at) or give_consent(
        referral.application.patient, scope=CONSENT_SCOPE, purpose="transfer", case_id=case_id,
        until=at + CONSENT_LASTS, paper_file_id=paper_file_id, actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def sign_letter(actor: Actor, case_id: UUID, *, at: datetime, version: int | None = None) -> Referral:
    """Sign the letter; a job makes the file and sends it. Pressed twice, the second is refused.

    Raises:
        NotVisible, NotAllowed; Refused `no_consent`, `letter_signed`, `letter_empty`. And as `move`.
    """
    referral = lock(access_referral(actor, case_id, to=WRITE).referral.case_id)
    _check_target(referral.case.organisation_id, referral.target_id, at=at)
    if get_consent(referral, at=at) is None:
        raise Refused("no_consent")
    move(case_id, "sign_letter", actor=actor, at=at, version=version)
    referral.approved_at = at
    referral.save(update_fields=["approved_at"])
    return referral


def preview(actor: Actor, case_id: UUID, *, at: datetime) -> bytes:
    """The letter as it would be signed now. Raises NotVisible, NotAllowed."""
    seen = access_referral(actor, case_id, to=WRITE)
    return press.preview_letter(to_content(seen.referral), language=LANGUAGE, at=at)


def issue_letter(case_id: UUID, *, at: datetime) -> None:
    """Typeset, sign and store an approved letter, and send it. Run twice, or killed in between, it is sent once.

    The file is made outside the transaction: it takes a second. A consent withdrawn meanwhile keeps it here, and the
    letter goes back to the doctor's desk.

    Raises:
        StorageTrouble: the store takes nothing; noted in the case, told once, and tried again by the job.
    """
    referral = get_referral(case_id)
    if referral is None or referral.approved_at is None or referral.signed_at or referral.case.closed_at:
        return
    signed = press.sign_letter(to_content(referral), language=LANGUAGE, at=at)
    try:
        send_letter(referral, signed, at)
    except StorageTrouble:
        note_no_room(case_id, at)
        raise


def issue_waiting(*, at: datetime) -> None:
    """Issue what waits for room in the store, and what a job has given up, as `joint` does with its reports."""
    left = Q(no_room_since__isnull=False) | Q(approved_at__lt=at - outbox.GIVES_UP_AFTER)
    found = Referral.objects.filter(left, signed_at=None, case__closed_at=None).order_by("approved_at")

    def issue(case_id: UUID) -> None:
        issue_letter(case_id, at=at)

    outbox.go_round(found.values_list("case_id", flat=True), issue, ends=(StorageTrouble,))


@transaction.atomic
def send_letter(referral: Referral, signed: Any, at: datetime) -> None:
    """Store the signed file and send it, if it is still what was approved and the patient still agrees."""
    held = lock(referral.case_id)
    if held.signed_at or held.approved_at != referral.approved_at or held.case.closed_at:
        return
    receiver = find_receiver(held.target_id)
    held.no_room_since = None
    if get_consent(held, at=at) is None or receiver is None:
        held.approved_at = None
        held.save(update_fields=["approved_at", "no_room_since"])
        return
    held.file = files.store(f"{held.case.number}.pdf", signed.pdf, actor=SYSTEM, at=at, purpose="report")
    held.signed_at, held.digest = at, signed.digest
    held.save(update_fields=["file", "signed_at", "digest", "no_room_since"])
    data = {"letter": str(held.id)}
    move(referral.case_id, "send", actor=SYSTEM, at=at, data=data, team_organisation_id=receiver)


@transaction.atomic
def note_no_room(case_id: UUID, at: datetime) -> None:
    """Write into the referral, once, that its letter waits for room, and tell doctor and centre."""
    held = lock(case_id)
    if held.signed_at or held.no_room_since:
        return
    held.no_room_since = at
    held.save(update_fields=["no_room_since"])
    acts.note(case_id, NO_ROOM, actor=SYSTEM, at=at, audience="staff", tells=("applicant", "team:coordinator"))


@transaction.atomic
def withdraw(actor: Actor, case_id: UUID, *, at: datetime, reason: str = "") -> Case:
    """Call the referral off, by doctor, patient or family. Raises NotVisible, NotAllowed; and as `move`."""
    access_referral(actor, case_id, to=WITHDRAW)
    return move(case_id, "withdraw", actor=actor, at=at, reason=reason)


@transaction.atomic
def note_consent(case_id: UUID, *, consent: str, given: bool, at: datetime) -> None:
    """Write into an open referral, once each, that its consent was given or withdrawn; of other cases it is nothing."""
    kind = CONSENTED if given else CONSENT_WITHDRAWN
    referral = Referral.objects.select_for_update(of=("case",)).select_related("case").filter(case_id=case_id).first()
    if referral is None or referral.case.closed_at or is_noted(case_id, kind, consent=consent):
        return
    tells = ("applicant",) if given else ("applicant", "team:coordinator")
    acts.note(case_id, kind, actor=SYSTEM, at=at, data={"consent": consent}, audience="patient", tells=tells)


@transaction.atomic
def match_family(patient_id: UUID, *, at: datetime) -> None:
    """Bring the open referrals of a patient in step with who stands for them now. A second time changes nothing."""
    people = dict(_family(patient_id))
    open_ones = Case.objects.filter(kind=REFERRAL.kind, patient_id__in=get_person_ids(patient_id), closed_at=None)
    for case in open_ones.order_by("id"):
        there = Participant.objects.filter(case=case, capacity__in=(PATIENT, FAMILY), until=None)
        taking = dict(there.values_list("account_id", "capacity"))
        for account_id in people.keys() - taking.keys():
            acts.join(case.id, account_id, people[account_id], actor=SYSTEM, at=at)
        for account_id in taking.keys() - people.keys():
            acts.leave(case.id, account_id, taking[account_id], actor=SYSTEM, at=at)


def lock(case_id: UUID) -> Referral:
    """The referral under lock, case first, as everywhere; the caller has checked access and opened the transaction."""
    Case.objects.select_for_update().get(id=case_id)
    found = Referral.objects.select_related("case", "application__patient", "application__case")
    return found.select_for_update(of=("self",)).get(case_id=case_id)


def _family(patient_id: UUID) -> list[tuple[UUID, str]]:
    """The patient's own accounts and the guardians', each with its capacity."""
    return [(key, PATIENT if own else FAMILY) for key, own in list_standing(patient_id).items()]


def _check_target(asking_id: UUID, target_id: UUID, *, at: datetime) -> None:
    node = get_node(target_id)
    if node is None or node.kind not in PLACES:
        raise NotVisible(target_id)
    if get_terms(asking_id, [target_id], urgent=False, at=at)[target_id].why == "no_contract":
        raise Refused("no_contract")
    if find_receiver(target_id) is None:
        raise Refused("no_receiver")
