"""What follows in a referral: a signed letter becomes a file and goes out; consent and family are kept in step."""

from uuid import UUID

from huizhen.consult.referrals import actions
from huizhen.kernel import clock, outbox


@outbox.on("consult.referral.sign_letter")
def issue(payload: dict) -> None:
    """Make, sign, store and send the letter."""
    actions.issue_letter(UUID(payload["case"]), at=clock.now())


@outbox.on("records.consent.given.transfer")
def note_given_consent(payload: dict) -> None:
    """Tell the doctor that the letter may be signed; a consent of no referral is not ours."""
    if payload["case"]:
        actions.note_consent(UUID(payload["case"]), consent=payload["consent"], given=True, at=clock.now())


@outbox.on("records.consent.withdrawn.transfer")
def note_withdrawn_consent(payload: dict) -> None:
    """Tell doctor and receiving hospital that letter and material are closed now."""
    if payload["case"]:
        actions.note_consent(UUID(payload["case"]), consent=payload["consent"], given=False, at=clock.now())


@outbox.on("records.guardian.*", "records.patient.linked", "records.patient.unlinked")
def let_family_in(payload: dict) -> None:
    """Who stands for the patient from now on sees the referral; who no longer does, does not."""
    actions.match_family(UUID(payload["patient"]), at=clock.now())


@outbox.on("records.patient.merged", "records.patient.split")
def match_joined(payload: dict) -> None:
    """Two records are one person's, or two persons' again: so are their referrals."""
    for record in ("survivor", "replaced"):
        actions.match_family(UUID(payload[record]), at=clock.now())
