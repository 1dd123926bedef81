"""The demonstration's emergency access: opened at night by the village doctor, waiting for its review."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from huizhen.people.accounts.models import Account
from huizhen.people.accounts.queries import get_actor
from huizhen.records.demo import PATIENTS
from huizhen.records.documents.access import access_document, list_documents
from huizhen.records.emergency.actions import open_emergency
from huizhen.records.emergency.models import EmergencyAccess
from huizhen.records.patients.access import access_patient
from huizhen.records.patients.queries import get_by_identity

DOCTOR, SAMPLE = "he.miao", PATIENTS[1]
REASON = "患者在卫生院输液室突发胸痛、大汗、意识模糊，家属不在场，须立即查看既往心电图和用药情况。"
AGO = timedelta(hours=2)


def load(at: datetime) -> Iterator[str]:
    """Open one record and look at what an emergency asks for; a second run changes nothing."""
    patient = get_by_identity("resident", SAMPLE.number())
    if patient is None or EmergencyAccess.objects.filter(patient=patient).exists():
        return
    doctor = get_actor(Account.objects.get(username=DOCTOR))
    open_emergency(name=SAMPLE.name, number=SAMPLE.number(), reason=REASON, actor=doctor, at=at - AGO)
    for document in list_documents(doctor, access_patient(doctor, patient.id)):
        access_document(doctor, document.id)
    yield f"an emergency access to the record of {SAMPLE.name}, to be reviewed by audit.admin or deng.hong"
