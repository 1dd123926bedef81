"""Making contracts, and using them when an expert is asked."""

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.consult.contracts.access import access_contract, check_manage
from huizhen.consult.contracts.models import Contract, ContractUse
from huizhen.consult.contracts.queries import describe, get_terms
from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.queries import cases
from huizhen.people.organisations.queries import get_node
from huizhen.people.seen import check_seen


class BadContract(ValueError):
    """The two are the same, the days run backwards, or there is an open contract between them already."""


@transaction.atomic
def save_contract(
    *,
    actor: Actor,
    at: datetime,
    asking_id: UUID,
    answering_id: UUID,
    starts_on: date,
    ends_on: date | None = None,
    monthly_limit: int | None = None,
    fee_fen: int = 0,
    urgent_fee_fen: int = 0,
    contract_id: UUID | None = None,
    seen: str = "",
) -> Contract:
    """Make a contract, or change one. Uses keep the price of their day. `seen` is the stamp of `queries.describe` as
    the page showed it.

    Raises:
        NotAllowed, NotVisible; BadContract. ChangedMeanwhile: it is no longer as the page showed it.
    """
    check_manage(actor)
    row = access_contract(actor, contract_id, hold=True) if contract_id else Contract()
    before = describe(row) if contract_id else {}
    check_seen(before, seen)
    if get_node(asking_id) is None or get_node(answering_id) is None:
        raise NotVisible(asking_id)
    row.asking_id, row.answering_id, row.starts_on, row.ends_on = asking_id, answering_id, starts_on, ends_on
    row.monthly_limit, row.fee_fen, row.urgent_fee_fen = monthly_limit, fee_fen, urgent_fee_fen
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise BadContract(str(row)) from error
    if changed := audit.compare(before, describe(row)):
        audit.record(
            actor, f"consult.contract.{'changed' if before else 'made'}", subject_kind="contract", subject_id=row.pk,
            organisation_id=asking_id, data={"changed": changed}, at=at,
        )  # fmt: skip
    return row


@transaction.atomic
def reserve(invitation_id: UUID, case_id: UUID, answering_id: UUID, *, at: datetime) -> None:
    """Use the contract between the case's organisation and an expert's. The caller has stored the invitation.

    Raises:
        Refused `no_contract`: the asking side has contracts, but none with this one. Refused `contract_full`.
    """
    case = cases().get(pk=case_id)
    found = get_terms(
        case.organisation_id, [answering_id], urgent=case.urgency == "urgent", at=at, case_id=case_id
    )[answering_id]  # fmt: skip
    if found.paper is not None:
        # Two coordinators at once wait for each other here, and the second counts again.
        Contract.objects.select_for_update().get(pk=found.paper.id)
        found = get_terms(
            case.organisation_id, [answering_id], urgent=case.urgency == "urgent", at=at, case_id=case_id
        )[answering_id]  # fmt: skip
    if found.why == "no_contract":
        raise Refused("no_contract")
    if found.why:
        raise Refused("contract_full")
    if found.paper is not None:
        ContractUse.objects.create(
            contract_id=found.paper.id, case_id=case_id, invitation_id=invitation_id, fee_fen=found.fee_fen or 0,
            used_at=at,
        )  # fmt: skip


@transaction.atomic
def release(invitation_id: UUID, *, at: datetime) -> None:
    """The invitation came to nothing: the contract's number and price are free again."""
    ContractUse.objects.filter(invitation_id=invitation_id, released_at__isnull=True).update(released_at=at)
