"""Decisions of people: release, reject, correct, withdraw. Each is noted, and none overwrites what was found."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from huizhen.kernel import audit, ids, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.line import put
from huizhen.lab.catalogue.queries import load_catalogue
from huizhen.lab.catalogue.rules import Assay, read_number, read_presence
from huizhen.lab.refused import Refused
from huizhen.lab.results import rules
from huizhen.lab.results.actions.releasing import make_visible, withhold
from huizhen.lab.results.models import Finding, Observation, Status
from huizhen.lab.specimens.models import Tube

NO_VALUE = ("", Finding.WITHDRAWN)
# What a version says of itself, by the event it makes.
WHY = {"corrected": "correction", "withdrawn": "withdrawn", "withheld": "correction"}
FORWARDED = "UPDATE lab_observation SET forwarded_at = %s WHERE id = ANY(%s) AND forwarded_at IS NULL"


def release(observation_id: UUID, *, actor: Actor, at: datetime) -> Observation:
    """Release what waited for a review. A second time changes nothing. Emits `lab.results.released`; where it replaces
    a version that was released, `lab.results.corrected` too, from which those who were told the old value are told.

    Raises:
        Refused: `status: not_in_review`; also where a later version exists. `status: mixed_not_negative`.
    """
    with transaction.atomic():
        row = _hold(observation_id)
        if row.status == Status.RELEASED:
            return row
        _check_reviewable(row)
        if is_shared(row, row.finding):
            raise Refused({"status": "mixed_not_negative"})
        row.status, row.released_at, row.decided_by_id = Status.RELEASED, at, actor.account_id
        row.save(update_fields=["status", "released_at", "decided_by"])
        make_visible([row], at=at)
        _note(row, "released", actor, at)
        if Observation.objects.filter(series=row.series, version__lt=row.version, status=Status.RELEASED).exists():
            outbox.emit("lab.results.corrected", observation=str(row.id))
    return row


def reject(observation_id: UUID, *, reason: str, actor: Actor, at: datetime) -> Observation:
    """Refuse a value: it is never shown to anybody, and the tube waits for a new run. Emits `lab.results.rejected`.

    Raises:
        Refused: `reason: missing`, `status: not_in_review`.
    """
    if not reason.strip():
        raise Refused({"reason": "missing"})
    with transaction.atomic():
        row = _hold(observation_id)
        _check_reviewable(row)
        turn_down(row, reason, actor, at)
    return row


def turn_down(row: Observation, reason: str, actor: Actor, at: datetime) -> None:
    """Reject a value that the caller has locked, in the caller's transaction. Emits `lab.results.rejected`."""
    row.status, row.decided_by_id = Status.REJECTED, actor.account_id
    row.save(update_fields=["status", "decided_by"])
    _note(row, "rejected", actor, at, reason)


def correct(observation_id: UUID, *, value: str, reason: str, actor: Actor, at: datetime) -> Observation:
    """Put a new version beside a released one; the old one stays readable in the history. Emits
    `lab.results.corrected`, from which those who were told the old value are told.

    What is not negative of a tube that holds several persons is nobody's result: the released value is taken back from
    all of them, as `withdraw` does, the right one is withheld, and single re-tests are ordered.

    Raises:
        Refused: `reason: missing`, `value: value_unreadable`, `status: not_latest` where this is not the latest
        version or was never released.
    """

    def find(old: Observation) -> tuple[str, int]:
        return _read(load_catalogue().tests[old.item_id], old, value)

    return _supersede(observation_id, find, "corrected", reason=reason, actor=actor, at=at)


def withdraw(observation_id: UUID, *, reason: str, actor: Actor, at: datetime) -> Observation:
    """Take a released value back without putting another in its place: the tubes were swapped, it is somebody else's.
    The next version of its series says so and holds no value; the old one stays in the history of the laboratory.
    Emits `lab.results.withdrawn`, from which those who were told the old value are told. What an instrument has said
    since of a mixed tube stays withheld.

    Raises:
        Refused: `reason: missing`, `status: not_latest` as `correct`, also where it is withdrawn already.
    """
    return _supersede(observation_id, lambda _old: NO_VALUE, "withdrawn", reason=reason, actor=actor, at=at)


def _supersede(
    observation_id: UUID, find: Callable[[Observation], tuple[str, int]], what: str, *, reason: str, actor: Actor,
    at: datetime,
) -> Observation:  # fmt: skip
    """The next version of a released value, visible at once; or where several persons would get what is nobody's, the
    value taken back from them and withheld."""
    if not reason.strip():
        raise Refused({"reason": "missing"})
    with transaction.atomic():
        old = _hold(observation_id)
        later = _list_withheld_since(old)
        found = find(old)
        if found[1] == Finding.WITHDRAWN == old.finding or (later and old.finding == Finding.WITHDRAWN):
            raise Refused({"status": "not_latest"})
        add = partial(_add, old, reason=reason, actor=actor, at=at)
        is_kept_back = is_shared(old, found[1])
        if later and not is_kept_back and found != NO_VALUE:
            raise Refused({"status": "not_latest"})
        if not is_kept_back and not later:
            return add(*found, what)
        shown = old if old.finding == Finding.WITHDRAWN else add(*NO_VALUE, "withdrawn")
        value, finding = found if is_kept_back else (later[-1].value, later[-1].finding)
        kept = add(value, finding, "withheld")
    return kept if is_kept_back else shown


def _add(
    old: Observation, value: str, finding: int, what: str, *, reason: str, actor: Actor, at: datetime
) -> Observation:
    """The next version after all there are, released or withheld, and what follows it."""
    last = Observation.objects.filter(series=old.series).aggregate(last=Max("version"))["last"]
    is_kept_back = what == "withheld"
    new = Observation(
        id=ids.new_id(), series=old.series, version=last + 1, tube_id=old.tube_id, item_id=old.item_id,
        patient_id=old.patient_id, value=value, unit=old.unit, finding=finding,
        status=Status.WITHHELD if is_kept_back else Status.RELEASED, reasons=[WHY[what]],
        instrument_id=old.instrument_id, measured_at=old.measured_at, taken_at=at, taken_by_id=actor.account_id,
        decided_by_id=actor.account_id, correction=reason, released_at=None if is_kept_back else at,
    )  # fmt: skip
    new.save(force_insert=True)
    _audit(new, what, actor, at)
    if is_kept_back:
        withhold([new], at=at)
    else:
        make_visible([new], at=at)
        outbox.emit(f"lab.results.{what}", observation=str(new.id))
    return new


def _list_withheld_since(old: Observation) -> list[Observation]:
    """What was withheld since a released value, which still stands before its persons.

    Raises:
        Refused: `status: not_latest`: it was never released, or something else came after it.
    """
    later = list(Observation.objects.filter(series=old.series, version__gt=old.version).order_by("version"))
    if old.status != Status.RELEASED or any(one.status != Status.WITHHELD for one in later):
        raise Refused({"status": "not_latest"})
    return later


def is_shared(row: Observation, finding: int) -> bool:
    """Whether several persons would get a finding that is not true of each of them."""
    return row.tube.capacity > 1 and finding not in rules.SHARED


def mark_forwarded(observation_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that these were handed to the upstream report, in the caller's transaction."""
    if observation_ids:
        put(FORWARDED, [at, list(observation_ids)])


def _hold(observation_id: UUID) -> Observation:
    """The tube first, then the observation: the order in which the matcher locks."""
    tube_id = Observation.objects.values_list("tube_id", flat=True).get(id=observation_id)
    Tube.objects.select_for_update(no_key=True).get(id=tube_id)
    return Observation.objects.select_for_update(no_key=True).get(id=observation_id)


def _check_reviewable(row: Observation) -> None:
    newer = Observation.objects.filter(series=row.series, version__gt=row.version).exists()
    if row.status != Status.REVIEW or newer:
        raise Refused({"status": "not_in_review"})


def _read(test: Assay, old: Observation, value: str) -> tuple[str, int]:
    """A corrected value in its written form, and what it says; judged by the same ranges as the first one."""
    if test.kind == "presence":
        meaning = read_presence(value)
        if meaning not in rules.PRESENCE:
            raise Refused({"value": "value_unreadable"})
        return meaning, rules.PRESENCE[meaning]
    read = read_number(value)
    if test.kind == "text" or read is None:
        if test.kind != "text" or not value.strip():
            raise Refused({"value": "value_unreadable"})
        return value.strip(), rules.WORDS
    patient = old.patient
    age = (old.tube.collected_at.date() - patient.birth_on).days if patient else None
    finding = rules.find_place(test, read[0], patient.sex if patient else "", age)
    return read[1] + rules.write_number(read[0]), finding


def _note(row: Observation, what: str, actor: Actor, at: datetime, reason: str = "") -> None:
    _audit(row, what, actor, at, reason)
    outbox.emit(f"lab.results.{what}", observation=str(row.id))


def _audit(row: Observation, what: str, actor: Actor, at: datetime, reason: str = "") -> None:
    audit.record(
        actor, f"lab.result.{what}", subject_kind="observation", subject_id=row.id, patient_id=row.patient_id,
        organisation_id=row.tube.laboratory_id, data={"version": row.version, "reason": reason[:60]}, at=at,
    )  # fmt: skip
