"""Who sees a person's results as the person does: the patient, and who stands for them. Every look is written down."""

from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotVisible
from huizhen.lab.histories import queries
from huizhen.lab.histories.queries import History
from huizhen.lab.lookup.tokens import Asker, mint_token
from huizhen.lab.specimens.queries import person_key

SHOWN_FOR = timedelta(days=730)


def access_histories(actor: Actor, patient_id: UUID, *, at: datetime) -> list[History]:
    """A patient's own results of the last two years.

    Raises:
        NotVisible: the actor is neither the patient nor stands for them.
    """
    _look(actor, patient_id, at=at)
    return queries.list_histories(patient_id, since=at - SHOWN_FOR)


def access_token(actor: Actor, patient_id: UUID, *, at: datetime) -> str:
    """A token with which the patient's own device may look up results for fifteen minutes. What is looked up with it
    is one look: it is written down here.

    Raises:
        NotVisible: the actor is neither the patient nor stands for them.
    """
    _look(actor, patient_id, at=at)
    return mint_token(person_key(patient_id), asker=Asker.CITIZEN, at=at)


def _look(actor: Actor, patient_id: UUID, *, at: datetime) -> None:
    if patient_id not in actor.patient_ids:
        raise NotVisible(patient_id)
    audit.record(actor, "lab.result.read", subject_kind="patient", subject_id=patient_id, patient_id=patient_id, at=at)
