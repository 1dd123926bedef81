"""Who may see and withdraw a consent."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.records.consent.models import Consent

READ = grant("records:consent:read", roles=("applicant", "department_head", "security_admin"))
GIVE = grant("records:consent:give", roles=("applicant", "department_head"))
WITHDRAW = grant("records:consent:withdraw", roles=("applicant", "department_head"))
PERMISSIONS = {"read": READ, "withdraw": WITHDRAW}


def access_consent(actor: Actor, consent_id: UUID, to: str = "read") -> Consent:
    """One consent, for the patient, the guardians and the staff of the patient's organisation.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but not to be withdrawn by the actor.
    """
    consent = Consent.objects.select_related("patient").filter(id=consent_id).first()
    if consent is None:
        raise NotVisible(consent_id)
    if consent.patient_id in actor.patient_ids:
        return consent
    if not any(may(actor, READ, place) for place in consent.patient.places):
        raise NotVisible(consent_id)
    if not any(may(actor, PERMISSIONS[to], place) for place in consent.patient.places):
        raise NotAllowed(PERMISSIONS[to])
    return consent
