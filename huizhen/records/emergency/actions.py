"""Opening a record in an emergency, and judging that afterwards."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.door import move, open_case
from huizhen.records.emergency import queries
from huizhen.records.emergency.access import check_doctor
from huizhen.records.emergency.flow import EMERGENCY
from huizhen.records.emergency.models import LONGEST, EmergencyAccess, Verdict
from huizhen.records.patients.access import note_search
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import find_exactly
from huizhen.records.refused import Refused

LEAST_REASON, LONGEST_REASON = 10, 500  # characters


def open_emergency(*, name: str, number: str, reason: str, actor: Actor, at: datetime) -> EmergencyAccess:
    """Open the record of the patient in front of a doctor for some hours (`HUIZHEN_EMERGENCY_HOURS`), and ask for its
    review. `number` is the whole number of a document or a phone; name and number must both fit.

    Told at once to the patient and the guardians. A second time while one is open gives that one. Emits
    `records.emergency.opened`. Whoever calls has counted the try (`limits.count`).

    Raises:
        NotVisible, NotAllowed: not a doctor with a licence. Refused: `reason`, or `number: no_match`.
    """
    account_id = check_doctor(actor)
    if len(reason.strip()) < LEAST_REASON or len(reason.strip()) > LONGEST_REASON:
        raise Refused({"reason": "reason_short" if len(reason.strip()) < LEAST_REASON else "too_long"})
    found = find_exactly(name, number)
    if found is None:
        note_search(actor, [], ["emergency"])
        raise Refused({"number": "no_match"})
    with transaction.atomic():
        patient = Patient.objects.select_for_update().get(id=found.id)
        there = queries.get_live(account_id, patient, at=at)
        if there is not None:
            return there
        case = open_case(
            EMERGENCY, actor=actor, at=at, organisation_id=patient.organisation_id, urgency="urgent",
            team_organisation_id=queries.find_reviewers(patient.organisation_id),
            participants=[(account_id, "doctor")], tells=("team:audit_admin",),
        )  # fmt: skip
        made = EmergencyAccess.objects.create(
            case=case, patient=patient, account_id=account_id, reason=reason.strip(), opened_at=at,
            until=at + min(timedelta(hours=settings.EMERGENCY_HOURS), LONGEST),
        )  # fmt: skip
        note(made, "records.emergency.opened", actor, at)
    return made


def judge(found: EmergencyAccess, verdict: str, *, reason: str, actor: Actor, at: datetime) -> EmergencyAccess:
    """Say whether it was justified, and why. What was not ends now, where it has not ended by itself.

    `found` was loaded by `access_emergency(actor, case_id, to=JUDGE)`. Emits `records.emergency.justify` or `reject`.

    Raises:
        Refused: `verdict`, `reason`. WrongState: somebody was faster.
    """
    errors = {
        "verdict": None if verdict in (Verdict.JUSTIFIED, Verdict.UNJUSTIFIED) else "unknown_choice",
        "reason": None if 0 < len(reason.strip()) <= LONGEST_REASON else "too_long" if reason.strip() else "missing",
    }
    if any(errors.values()):
        raise Refused({field: code for field, code in errors.items() if code})
    with transaction.atomic():
        name = "justify" if verdict == Verdict.JUSTIFIED else "reject"
        move(found.case_id, name, actor=actor, at=at, reason=reason.strip())
        held = EmergencyAccess.objects.select_related("case").select_for_update(of=("self",)).get(id=found.id)
        held.verdict, held.note, held.judged_at, held.judged_by_id = verdict, reason.strip(), at, actor.account
        if verdict == Verdict.UNJUSTIFIED:
            held.until = max(held.opened_at, min(held.until, at))
        held.save(update_fields=["verdict", "note", "judged_at", "judged_by", "until"])
        note(held, "records.emergency.judged", actor, at)
    return held


def note(found: EmergencyAccess, what: str, actor: Actor, at: datetime) -> None:
    """The audit entry, in the caller's transaction; the event is the flow's."""
    audit.record(
        actor, what, subject_kind="emergency", subject_id=found.id, patient_id=found.patient_id,
        case_id=found.case_id, organisation_id=found.case.organisation_id,
        data={"emergency": str(found.id), "verdict": found.verdict}, at=at,
    )  # fmt: skip
