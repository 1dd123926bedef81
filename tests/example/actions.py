"""What people do with an errand: one function per act, each one transaction."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.kernel import files, talk
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.door import move, open_case
from huizhen.kernel.flow.models import Case
from tests.example.access import access_errand
from tests.example.flow import ERRAND, HELP
from tests.example.models import Errand


@transaction.atomic
def place(
    actor: Actor,
    *,
    wish: str,
    price: int,
    helper_id: UUID,
    organisation_id: UUID,
    at: datetime,
    urgency: str = "normal",
) -> Errand:
    """Ask for something to be fetched. `price` in fen."""
    case = open_case(
        ERRAND, actor=actor, at=at, organisation_id=organisation_id, team_organisation_id=organisation_id,
        urgency=urgency, participants=[(actor.account_id, "applicant"), (helper_id, "helper")],
        tells=("team:coordinator",),
    )  # fmt: skip
    return Errand.objects.create(case=case, wish=wish, price=price)


@transaction.atomic
def start(actor: Actor, case_id: UUID, *, at: datetime, version: int | None = None) -> Case:
    """Send the helper off. Raises as `move`; Refused `too_dear`."""
    errand = Errand.objects.get(case_id=case_id)
    return move(case_id, "start", actor=actor, at=at, data={"price": errand.price}, version=version)


@transaction.atomic
def tell_progress(actor: Actor, case_id: UUID, *, body: str, client_id: str, at: datetime) -> None:
    """The helper says how it goes; sent twice with one `client_id`, it stands there once."""
    access_errand(actor, case_id, to=HELP)
    talk.post(case_id, actor=actor, at=at, body=body, audience="patient", client_id=client_id)


@transaction.atomic
def finish(actor: Actor, case_id: UUID, *, receipt: bytes, at: datetime) -> Case:
    """Hand the thing over, with a photograph of the receipt, which also stands in the conversation."""
    errand = access_errand(actor, case_id, to=HELP)
    errand.receipt = files.store("receipt.pdf", receipt, actor=actor, at=at, purpose="attachment")
    errand.save(update_fields=["receipt"])
    talk.post(case_id, actor=actor, at=at, body="小票", client_id=f"receipt-{errand.id}", attachments=[errand.receipt_id],
              audience="patient")  # fmt: skip
    return move(case_id, "finish", actor=actor, at=at)


@transaction.atomic
def confirm(actor: Actor, case_id: UUID, *, at: datetime) -> Case:
    """Say that all is well; said by nobody, the flow says it after two days."""
    return move(case_id, "confirm", actor=actor, at=at)


@transaction.atomic
def note_thanks(case_id: UUID, *, at: datetime) -> None:
    """Remember that the helper was thanked; remembered already, nothing happens."""
    Errand.objects.filter(case_id=case_id, thanked_at=None).update(thanked_at=at)
