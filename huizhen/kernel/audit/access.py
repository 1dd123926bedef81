"""Who may look into the audit: a patient (and guardian) at what concerns them, an audit administrator at their
organisations. Nobody may change it."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, directory, grant

READ = grant("kernel:audit:read", roles=("audit_admin",))
ROLE = "audit_admin"


def access_patient_entries(actor: Actor, patient_id: UUID) -> UUID:
    """Permit a patient or guardian to see who read this record (个人信息保护法 art. 44–45).

    Raises:
        NotVisible: the actor is neither.
    """
    if patient_id not in actor.patient_ids and not actor.is_system:
        raise NotVisible
    return patient_id


def access_entries(actor: Actor) -> list[UUID] | None:
    """The organisations whose entries an audit administrator may list; None: all of them (the system).

    Raises:
        NotAllowed: the actor is not an audit administrator anywhere.
    """
    if actor.is_system:
        return None
    held = actor.organisations(ROLE)
    if not held:
        raise NotAllowed(READ)
    return sorted({below for organisation_id in held for below in directory().below(organisation_id)})
