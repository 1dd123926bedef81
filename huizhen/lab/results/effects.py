"""What follows results: critical values ring the doctor, corrections are told to whoever was told before, and the site
is told whom it must ask to come again."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, notify, outbox
from huizhen.lab.results.queries import get_observation
from huizhen.lab.specimens.models import TestOrder
from huizhen.lab.specimens.pools import count_open_retests
from huizhen.lab.specimens.queries import list_persons, list_tubes
from huizhen.records.patients.queries import list_accounts_of

LADDER = {"normal": ("sms", "email"), "urgent": ("sms", "wecom", "email")}
CRITICAL = notify.register(
    "lab.results.critical",
    title=_("Critical value, specimen %(number)s"),
    body=_("A value of specimen %(number)s needs you now."),
    ladder=LADDER,
)
CORRECTED = notify.register(
    "lab.results.corrected",
    title=_("Corrected result, specimen %(number)s"),
    body=_("A result of specimen %(number)s that you have seen was corrected. Please look again."),
    ladder=LADDER,
)
RETEST = notify.register(
    "lab.results.retest",
    title=_("Single re-tests ordered, specimen %(number)s"),
    body=_("Persons of specimen %(number)s are to come again."),
    ladder=(),
)
FROM_HERE = notify.register(
    "lab.results.retest_here",
    title=_("Mixed tube %(number)s is not negative"),
    body=_("Its single tubes are at the bench and are tested now."),
    ladder=(),
)
GIVEN_UP = notify.register(
    "lab.results.given_up",
    title=_("Specimen %(number)s was given up"),
    body=_("Specimen %(number)s gives no result; a new one is needed."),
    ladder=LADDER,
)
WITHDRAWN = notify.register(
    "lab.results.withdrawn",
    title=_("Result withdrawn, specimen %(number)s"),
    body=_("A result of specimen %(number)s that you have seen does not stand any more."),
    ladder=LADDER,
)
MINE = notify.register(
    "lab.results.mine_changed",
    title=_("Your laboratory result has changed"),
    body=_("A result that was shown to you before was corrected or withdrawn. Please look again."),
    ladder=LADDER,
)
CRITICAL_REJECTED = notify.register(
    "lab.results.critical_rejected",
    title=_("Critical value withdrawn, specimen %(number)s"),
    body=_("The critical value of specimen %(number)s that you were called about was rejected."),
    ladder=LADDER,
)
ROLE = "laboratory"
AT_SITE = ("collector", "laboratory")


@outbox.on("lab.results.critical", "lab.results.corrected", "lab.results.withdrawn")
def ring(payload: dict[str, Any]) -> None:
    """Tell the ordering doctor, urgently; where no doctor ordered, the laboratory's own staff. Once per version."""
    row = get_observation(UUID(payload["observation"]))
    if row is None:
        return
    doctors = _doctors(row.tube_id)
    context = {"number": row.tube.barcode, "link": f"/lab/tubes/{row.tube.barcode}/"}
    given: dict[str, Any] = {
        "key": f"{payload['event']}:{row.id}",
        "context": context,
        "urgency": "urgent",
        "at": clock.now(),
    }
    if doctors:
        notify.tell(payload["event"], doctors, **given)
    else:
        notify.tell_team(payload["event"], role=ROLE, organisation_id=row.tube.laboratory_id, **given)


@outbox.on("lab.results.corrected", "lab.results.withdrawn")
def tell_persons(payload: dict[str, Any]) -> None:
    """Tell everybody in the tube, and who stands for them, that what they could look up has changed. Once per
    version."""
    row = get_observation(UUID(payload["observation"]))
    for seat in list_persons([row.tube_id]) if row else ():
        person = seat.patient.replaced_by_id or seat.patient_id
        notify.tell(
            MINE, list_accounts_of(person), key=f"{MINE}:{payload['observation']}:{person}",
            context={"link": f"/me/results/?patient={person}"}, at=clock.now(),
        )  # fmt: skip


@outbox.on("lab.specimens.voided")
def tell_given_up(payload: dict[str, Any]) -> None:
    """Tell who waits for a tube that was given up: the doctor who ordered it, and in the app who works at its site,
    because its persons have to come again and stand on a list there. Nobody, where nobody has to: their own tubes, or
    the mixed one, stand, or they have given another specimen since."""
    if not payload["comes_again"]:
        return
    for tube in list_tubes([UUID(payload["tube"])]):
        given: dict[str, Any] = {"key": f"{GIVEN_UP}:{tube.id}", "at": clock.now()}
        link = f"/lab/tubes/{tube.barcode}/"
        notify.tell(GIVEN_UP, _doctors(tube.id), context={"number": tube.barcode, "link": link}, **given)
        for role in AT_SITE:
            notify.tell_team(
                GIVEN_UP, role=role, organisation_id=tube.site.organisation_id,
                context={"number": tube.barcode, "link": "/lab/retests/"}, **given,
            )  # fmt: skip


@outbox.on("lab.results.rejected")
def call_off(payload: dict[str, Any]) -> None:
    """Whoever was called about a critical value hears that it does not count; not again where the tube was given up,
    because then the doctor is told of that."""
    row = get_observation(UUID(payload["observation"]))
    if row is None or "critical" not in row.reasons or row.tube.voided_at is not None:
        return
    notify.tell(
        CRITICAL_REJECTED, _doctors(row.tube_id), key=f"{CRITICAL_REJECTED}:{row.id}", urgency="urgent",
        context={"number": row.tube.barcode, "link": f"/lab/tubes/{row.tube.barcode}/"}, at=clock.now(),
    )  # fmt: skip


@outbox.on("lab.results.withheld")
def call_again(payload: dict[str, Any]) -> None:
    """Tell who works at the site, in the app, that persons of a mixed tube are to come again; and the laboratory where
    their own tubes stand there and are tested instead. Once for each tube."""
    for tube in list_tubes(UUID(key) for key in payload["tubes"]):
        come, here = count_open_retests(tube.id)
        told = [(RETEST, role, tube.site.organisation_id) for role in AT_SITE] if come else []
        told += [(FROM_HERE, ROLE, tube.laboratory_id)] if here else []
        for kind, role, place in told:
            notify.tell_team(
                kind, role=role, organisation_id=place, key=f"{kind}:{tube.id}",
                context={"number": tube.barcode, "link": "/lab/retests/"}, at=clock.now(),
            )  # fmt: skip


def _doctors(tube_id: UUID) -> list[UUID]:
    found = TestOrder.objects.filter(tube=tube_id, doctor__isnull=False).values_list("doctor_id", flat=True)
    return [key for key in found if key]
