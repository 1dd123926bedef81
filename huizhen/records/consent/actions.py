"""Giving and withdrawing consent."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.files.models import FileState
from huizhen.kernel.line import ahead, ask
from huizhen.kernel.statements import fresh, store
from huizhen.records.acting import account_of, day_of
from huizhen.records.consent import rules
from huizhen.records.consent.access import GIVE, WITHDRAW
from huizhen.records.consent.models import Consent, Purpose
from huizhen.records.refused import Refused

KEPT = "SELECT 1 FROM kernel_file WHERE id = %s AND state = %s AND created_by_id = %s"


class Subject(Protocol):
    """What a consent must know of the patient; loaded by `access_patient(actor, id, to="consent")`."""

    id: UUID
    organisation_id: UUID
    birth_on: date

    @property
    def own_accounts(self) -> tuple[UUID, ...]:
        """The person's own accounts."""


def give_consent(
    patient: Subject,
    *,
    scope: Collection[str],
    purpose: str,
    until: datetime,
    actor: Actor,
    at: datetime,
    account_id: UUID | None = None,
    organisation_id: UUID | None = None,
    case_id: UUID | None = None,
    paper_file_id: UUID | None = None,
) -> Consent:
    """Store a consent. Staff give it on behalf of the patient with the signed form as a file; patients and
    guardians give it themselves.

    The grantee is an account, or an organisation, or (neither) everybody on the case; with a case the consent is
    limited to it. Emits `records.consent.given.` and the purpose.

    Raises:
        Refused: fields `scope`, `purpose`, `until`, `grantee`, `evidence`.
    """
    giver = account_of(actor, GIVE)
    evidence, errors = check_evidence(patient, actor, paper_file_id, at)
    found = {
        "scope": rules.check_scope(scope),
        "purpose": None if purpose in Purpose.values else "unknown_choice",
        "until": rules.check_until(until, at),
        "grantee": rules.check_grantee(account_id, organisation_id, case_id),
    }
    errors |= {field: code for field, code in found.items() if code}
    if errors or evidence is None:
        raise Refused(errors)
    with transaction.atomic(savepoint=False):
        consent = fresh(
            Consent, patient_id=patient.id, scope=sorted(set(scope)), purpose=purpose, account_id=account_id,
            organisation_id=organisation_id, case_id=case_id, given_at=at, given_by_id=giver,
            evidence=evidence, evidence_file_id=paper_file_id, until=until,
        )  # fmt: skip
        store([consent])
        note(consent, "given", patient.organisation_id, actor, at)
    return consent


def give_again(old: Consent, patient: Subject, *, actor: Actor, at: datetime) -> Consent:
    """Give a withdrawn consent anew, as it was and to its old end; while such a one is in force nothing changes. Emits
    `records.consent.given_again.` and the purpose, beside what `give_consent` emits.

    Raises:
        Refused: as `give_consent`.
    """
    terms: dict[str, Any] = {
        "scope": old.scope, "purpose": old.purpose, "account_id": old.account_id,
        "organisation_id": old.organisation_id, "case_id": old.case_id,
    }  # fmt: skip
    same = Consent.objects.filter(patient_id=old.patient_id, withdrawn_at=None, until__gt=at, **terms).first()
    if same is not None:
        return same
    with transaction.atomic():
        given = give_consent(patient, until=old.until, actor=actor, at=at, **terms)
        case = str(given.case_id) if given.case_id else None
        event = f"records.consent.given_again.{given.purpose}"
        outbox.emit(event, consent=str(given.id), patient=str(patient.id), case=case)
    return given


def check_evidence(
    patient: Subject, actor: Actor, paper_file_id: UUID | None, at: datetime
) -> tuple[str | None, dict[str, str]]:
    """How this consent is given, and what is wrong with that."""
    is_patient = actor.account_id in patient.own_accounts
    is_guardian = not is_patient and patient.id in actor.patient_ids
    evidence = rules.evidence_of(on_paper=paper_file_id is not None, is_patient=is_patient, is_guardian=is_guardian)
    if evidence is None or (paper_file_id is not None and not is_kept(paper_file_id, actor)):
        return evidence, {"evidence": "evidence_missing"}
    if evidence == "in_app" and is_child(patient.birth_on, at):
        return evidence, {"evidence": "guardian_needed"}
    return evidence, {}


def is_kept(file_id: UUID, actor: Actor) -> bool:
    """Whether the form is a finished upload of the actor's own; somebody else's file is nobody's evidence."""
    return bool(ask(KEPT, _kept(file_id, actor)))


def check_ahead(file_id: UUID, actor: Actor) -> None:
    """Say that `is_kept` will be asked (`line.ahead`)."""
    ahead(KEPT, _kept(file_id, actor))


def _kept(file_id: UUID, actor: Actor) -> list[Any]:
    return [file_id, FileState.READY.value, actor.account_id]


def is_child(birth_on: date, at: datetime) -> bool:
    """Whether a guardian must consent, on that day in China."""
    today = day_of(at)
    return today.year - birth_on.year - ((today.month, today.day) < (birth_on.month, birth_on.day)) < (
        rules.CONSENTING_AGE
    )


def withdraw_consent(consent: Consent, *, actor: Actor, at: datetime) -> Consent:
    """End a consent at once; the next read finds nothing. A second time changes nothing and is no error.

    `consent` was loaded by `access_consent(actor, id, to="withdraw")`. Emits `records.consent.withdrawn`.
    """
    withdrawer = account_of(actor, WITHDRAW)
    with transaction.atomic():
        held = Consent.objects.select_related("patient").select_for_update(of=("self",)).get(id=consent.id)
        if held.withdrawn_at is None:
            held.withdrawn_at, held.withdrawn_by_id = at, withdrawer
            held.save(update_fields=["withdrawn_at", "withdrawn_by"])
            note(held, "withdrawn", held.patient.organisation_id, actor, at)
    return held


def note(consent: Consent, what: str, organisation_id: UUID, actor: Actor, at: datetime) -> None:
    """Audit entry and event, in the caller's transaction."""
    case = str(consent.case_id) if consent.case_id else None
    audit.record(
        actor, f"records.consent.{what}", subject_kind="consent", subject_id=consent.id,
        patient_id=consent.patient_id, case_id=consent.case_id, organisation_id=organisation_id,
        data={"scope": consent.scope, "purpose": consent.purpose}, at=at,
    )  # fmt: skip
    event = f"records.consent.{what}.{consent.purpose}"
    outbox.emit(event, consent=str(consent.id), patient=str(consent.patient_id), case=case)
