"""Loading an errand for somebody: seen and audited, or not there at all. The permissions stand in `flow.py`."""

from uuid import UUID

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.flow.access import access_case
from tests.example.models import Errand
from tests.example.queries import get_errand


def access_errand(actor: Actor, case_id: UUID, *, to: str = "") -> Errand:
    """The errand of a case, for reading or, where `to` names a permission, for doing that.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    case = access_case(actor, case_id, to=to)
    errand = get_errand(case_id)
    if errand is None:
        raise NotVisible(case_id)
    audit.record(
        actor, "example.errand.read", subject_kind="errand", subject_id=errand.id, case_id=case.id,
        organisation_id=case.organisation_id,
    )  # fmt: skip
    return errand
