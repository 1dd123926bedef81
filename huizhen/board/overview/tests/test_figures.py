"""A small world whose numbers are known, and every figure of it: a wrong statement gives a wrong row."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from huizhen.board.overview.queries import Delay, Figures, Rated, RatedPlace, get_figures
from huizhen.consult.contracts.actions import save_contract
from huizhen.consult.joint import actions
from huizhen.consult.joint.aftercare.models import FollowUp, Rating
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel.flow.acts import extend
from huizhen.kernel.flow.models import Case
from huizhen.people.tests.builders import make_member, make_organisation

SPAN = (datetime(2026, 11, 21, 16, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC))
REASON = "值班专家正在手术"


@dataclass
class World:
    """The figures of the platform that runs the cases, of the county that asked, of the city that did neither."""

    cast: make.Cast
    city: Any
    cases: dict[str, Case]
    of: dict[str, Figures]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, signing):
    """Read once, and taken back."""
    with django_db_blocker.unblock(), time_machine.travel(make.MONDAY, tick=False) as travel, transaction.atomic():
        yield build(make.make_cast(travel))
        transaction.set_rollback(True)


def build(cast: make.Cast) -> World:
    """One case before the span; one delivered after eight steps; one urgent, from a department, late; one moved."""
    city = cast.experts[0].practitioner.organisation
    ward = make_organisation("呼吸科", kind="department", parent=cast.county)
    save_contract(
        actor=cast.actor(make_member("operator", cast.platform).account), at=cast.at, asking_id=cast.county.id,
        answering_id=city.id, starts_on=date(2026, 1, 1), fee_fen=30000, urgent_fee_fen=50000,
    )  # fmt: skip
    cast.travel.shift(timedelta(days=-3))
    before = make.submitted(cast)
    cast.travel.shift(timedelta(days=3))
    delivered = make.delivered(cast)
    # Asked one hour after midday in Shanghai; the coordinator moves its quarter of an hour, twice.
    cast.travel.move_to(make.MONDAY + timedelta(hours=4))
    moved = make.submitted(cast, urgency="urgent")
    urgent = make.submitted(cast, urgency="urgent")
    Case.objects.filter(id=urgent.case_id).update(organisation_id=ward.id)
    for minutes, reason in ((5, "第一次"), (5, REASON)):
        extend(moved.case_id, until=cast.later(minutes=minutes) + timedelta(minutes=55), reason=reason,
               actor=cast.actor(cast.coordinator), at=cast.at)  # fmt: skip
    actions.make_move(cast.actor(cast.coordinator), moved.case_id, "accept_material", at=cast.later(minutes=20))
    say_afterwards(cast, delivered, urgent, moved, before)
    at = cast.later(minutes=30)
    cases = {"delivered": delivered, "urgent": urgent, "moved": moved, "before": before}
    places = {"platform": cast.platform.id, "county": cast.county.id, "city": city.id}
    return World(
        cast, city, {name: make.fresh(one).case for name, one in cases.items()},
        {name: get_figures((place,), *SPAN, at=at) for name, place in places.items()},
    )  # fmt: skip


def say_afterwards(cast: make.Cast, delivered: Any, urgent: Any, moved: Any, before: Any) -> None:
    """Ratings and follow-ups as rows: what may be said when is tested beside the acts."""
    for application, account, marks in (
        (delivered, cast.applicant, (5, 4, 3)), (urgent, cast.applicant, (4, 2, 3)), (moved, cast.applicant, (3, 3, 3)),
        (delivered, cast.patient_account, (1, 5, 5)), (before, cast.applicant, (1, 1, 1)),
    ):  # fmt: skip
        Rating.objects.create(
            application=application, account=account, by_patient=account == cast.patient_account, rated_at=cast.at,
            **dict(zip(("speed", "clarity", "use"), marks, strict=True)),
        )  # fmt: skip
    FollowUp.objects.filter(application=delivered).delete()
    said = {"recorded_by": cast.applicant, "recorded_at": cast.at, "asked_at": cast.at}
    for application, fields in (
        (delivered, {**said, "followed": "yes", "course": "better", "diagnosis_held": True}),
        (before, {**said, "followed": "no", "course": "died", "diagnosis_held": False}),
        (urgent, {"asked_at": cast.at}), (moved, {}),
    ):  # fmt: skip
        FollowUp.objects.create(application=application, due_at=cast.at, **fields)


def test_cases_of_the_span_and_of_the_place_are_counted(world):
    found, county = world.of["platform"], world.cast.county.id
    assert (found.total, found.urgent, found.open) == (3, 2, 3)
    assert found.days == [(date(2026, 11, 23), 3, 2)]
    assert found.places == [(county, 3, 2)], "a department counts for its hospital"
    [specialty] = found.specialties
    assert specialty[1:] == (3, 2)
    assert sorted(found.outcome) == [("delivered", 1), ("received", 1), ("submitted", 1)]
    # The ward's case is not the county's own, as the statement has it.
    assert (world.of["county"].total, world.of["county"].urgent) == (2, 1)
    assert (world.of["city"].total, world.of["city"].states, world.of["city"].ratings) == (0, [], [])


def test_time_in_each_state_against_the_promise(world):
    states = {one.state: one for one in world.of["platform"].states}
    sent = states["submitted"]
    # Delivered: 5 minutes of 2 hours. Moved: 30 of 15, given more twice. Urgent: 60 of 15, still there.
    assert (sent.times, sent.middle, round(sent.slow), sent.promise) == (3, 30, 54, 15)
    assert (sent.late, sent.extended) == (1, 1), "what was moved with a reason and kept is not late"
    taken = states["received"]
    assert (taken.times, taken.middle, taken.promise, taken.late) == (2, 17.5, 67.5, 1)
    review = states["reviewing"]
    assert (review.times, review.middle, review.promise) == (1, 33, 24 * 60), "the state's clock, not each expert's"


def test_why_deadlines_were_moved(world):
    moved = world.cases["moved"]
    rows = world.of["platform"].delays
    at = make.MONDAY + timedelta(hours=4)
    assert rows == [
        Delay(moved.id, world.cast.patient.id, moved.number, "submitted", at + timedelta(minutes=10), REASON),
        Delay(moved.id, world.cast.patient.id, moved.number, "submitted", at + timedelta(minutes=5), "第一次"),
    ]


def test_what_contracts_cost(world):
    assert world.of["platform"].money == [(world.cast.county.id, world.city.id, 1, 3 * 30000)]
    assert world.of["city"].money == []


def test_experts_asked(world):
    rows = {row[0]: row[1:] for row in world.of["platform"].experts}
    # Asked, accepted, declined, not answered, in work, minutes to the answer.
    assert rows == {
        expert.id: (1, 1, 0, 0, 1, float(number)) for number, expert in enumerate(world.cast.experts, start=1)
    }


def test_ratings_by_side_and_by_hospital(world):
    found = world.of["platform"]
    assert found.ratings == [Rated(False, 3, 4.0, 3.0, 3.0, 1), Rated(True, 1, 1.0, 5.0, 5.0, 1)]
    assert found.rated_places == [RatedPlace(world.cast.county.id, 4, 41 / 4 / 3, 2)]


def test_what_became_of_the_advice(world):
    assert world.of["platform"].advice == {
        "asked": [("answered", 1), ("not_yet", 1), ("silent", 1)],
        "followed": [("yes", 1)], "course": [("better", 1)], "held": [("yes", 1)],
    }  # fmt: skip
    assert world.of["city"].advice == {"asked": [], "followed": [], "course": [], "held": []}
