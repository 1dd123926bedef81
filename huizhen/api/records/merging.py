"""Two records of one person: possible pairs listed, joined, taken apart."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Moment, Out
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of
from huizhen.records.merging import access, actions

Reason = Literal["number", "near_number", "phone_name_birth", "phone_name", "phone_birth_sex", "name_birth_sex"]

router = Router()


class DuplicateOut(Out):
    """Two records that may be one person's, and the rules that say so."""

    id: AnyId
    patient_ids: list[UUID]
    reasons: list[Reason]
    found_at: Moment


class MergeIn(In):
    """`survivor_id` remains; `replaced_id` is read as part of it. `note`: how you know that they are one person."""

    survivor_id: UUID
    replaced_id: UUID
    note: str = Field(default="", max_length=500)


class SplitIn(In):
    """Why two joined records are taken apart."""

    reason: str = Field(min_length=1, max_length=500)


class MergeOut(Out):
    """A merge; undone: `undone_at`."""

    id: AnyId
    survivor_id: AnyId
    replaced_id: AnyId
    merged_at: Moment
    undone_at: Moment | None


@reads(router, "/duplicates", list[DuplicateOut])
def list_duplicates(request: HttpRequest) -> HttpResponse:
    """List pairs of patients that may be one person, where you may join both."""
    found = access.access_duplicates(actor_of(request))
    return answer([
        {"id": one.id, "patient_ids": [one.first_id, one.second_id], "reasons": one.reasons, "found_at": one.found_at}
        for one in found
    ])  # fmt: skip


@writes(router, "POST", "/merges", MergeOut, status=201)
def merge_patients(request: HttpRequest, wanted: MergeIn) -> HttpResponse:
    """Join two records of one person. Nothing is moved, and a split restores both."""
    pair = access.access_pair(actor_of(request), wanted.survivor_id, wanted.replaced_id)
    made = actions.merge_patients(*pair, note=wanted.note, actor=actor_of(request), at=clock.now())
    return answer(_show(made), status=201)


@writes(router, "POST", "/merges/{uuid:merge_id}/split", MergeOut)
def split_patients(request: HttpRequest, merge_id: UUID, wanted: SplitIn) -> HttpResponse:
    """Take two joined records apart again."""
    merge = access.access_merge(actor_of(request), merge_id)
    return answer(_show(actions.split_patients(merge, reason=wanted.reason, actor=actor_of(request), at=clock.now())))


def _show(merge: Any) -> dict[str, Any]:
    return {name: getattr(merge, name) for name in MergeOut.model_fields}
