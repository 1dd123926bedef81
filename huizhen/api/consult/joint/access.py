"""Entering a consultation for a write: seen first, then held at the version that the client has seen."""

from uuid import UUID

from django.http import HttpRequest

from huizhen.api.operations import seen_version
from huizhen.consult.joint.sheets import Sheet, access_sheet
from huizhen.kernel.flow.access import check_version
from huizhen.people.accounts.requests import actor_of


def enter(request: HttpRequest, case_id: UUID, *, to: str = "") -> Sheet:
    """The consultation of a write. With `If-Match` the case is locked at that version until the write ends.

    Raises:
        NotVisible; NotAllowed; Stale: the version has changed.
    """
    version = seen_version(request)
    sheet = access_sheet(actor_of(request), case_id, to=to)
    if version is not None:
        check_version(case_id, version)
    return sheet
