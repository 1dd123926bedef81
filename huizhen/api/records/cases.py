"""Material added for a consultation: the case must be this patient's, and the one who adds must see it."""

from collections.abc import Collection
from uuid import UUID

from django.http import HttpRequest

from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of


def check_case(request: HttpRequest, case_id: UUID | None, patient_ids: Collection[UUID]) -> None:
    """Whether material of this patient may be added for this case; no case is fine.

    Raises:
        NotVisible: there is no such case for this actor, or it is another patient's.
    """
    if case_id is not None and access_sheet(actor_of(request), case_id).patient_id not in patient_ids:
        raise NotVisible(case_id)
