"""Templates and rules: kept by operators, with history, and obeyed by the panel of a consultation."""

import pytest
from django.apps import apps

from huizhen.consult.joint import actions as joint
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.panels import actions, queries, rules
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.flow.language import Refused
from huizhen.people.tests.builders import make_member

RANKS = ["chief", "associate_chief", "attending", "resident"]


def test_titles_and_specialties():
    assert rules.fits_title("chief", "associate_chief", RANKS)
    assert not rules.fits_title("attending", "associate_chief", RANKS)
    assert rules.fits_title("resident", "", RANKS)
    assert rules.belongs(["32.01"], "32")
    assert not rules.belongs(["03"], "03.01")


def test_a_template_is_kept_with_its_history(cast):
    operator = cast.actor(make_member("operator", cast.platform).account)
    with pytest.raises(NotAllowed):
        actions.save_template(actor=cast.actor(cast.applicant), at=cast.at, name="甲", seats=["03.01"])
    with pytest.raises(actions.NoSeats):
        actions.save_template(actor=operator, at=cast.at, name="甲", seats=["03.01", "03.01"])
    made = actions.save_template(
        actor=operator, at=cast.at, name="肺结节", seats=["04.05", "32"], chair="04.05", topics=["lung-nodule"]
    )
    actions.save_template(
        actor=operator, at=cast.at, template_id=made.pk, name="肺结节", seats=["04.05", "32", "03.01"], chair="03.01",
        topics=["lung-nodule"],
    )  # fmt: skip
    [found] = queries.list_fitting(["lung-nodule", "asthma"])
    assert [(seat.specialty_id, seat.chairs) for seat in found.seats.all()] == [
        ("04.05", False), ("32", False), ("03.01", True)
    ]  # fmt: skip
    assert apps.get_model("consult", "PanelSeatEvent").objects.filter(pgh_label="delete").count() == 2


def test_the_rule_of_a_department_is_obeyed(cast):
    operator = cast.actor(make_member("operator", cast.platform).account)
    actions.save_rule("03", quorum=2, chair_title="chief", chair_of_specialty=True, actor=operator, at=cast.at)
    application, coordinator = make.assigning(cast), cast.actor(cast.coordinator)
    assert application.quorum == 2
    one, two, _three = cast.experts
    type(one.practitioner).objects.filter(account=one).update(title="attending")
    made = joint.invite(coordinator, application.case_id, [one.id, two.id], at=cast.at)
    joint.answer(cast.actor(one), made[0].id, accepts=True, at=cast.at)
    with pytest.raises(Refused, match="may_not_chair"):
        joint.name_chair(coordinator, application.case_id, made[0].id, at=cast.at)
    joint.answer(cast.actor(two), made[1].id, accepts=True, at=cast.at)
    joint.name_chair(coordinator, application.case_id, made[1].id, at=cast.at)
    joint.make_move(coordinator, application.case_id, "start_review", at=cast.at)


def test_seats_are_asked_in_waves(cast):
    application, coordinator = make.assigning(cast), cast.actor(cast.coordinator)
    one, two, three = [expert.id for expert in cast.experts]
    seats = {one: "04.05", two: "04.05", three: "32"}
    made = joint.invite(
        coordinator, application.case_id, [one, two, three], at=cast.at, in_line=True, seats=seats, quorum=2
    )
    assert [row.state for row in made] == ["invited", "queued", "invited"]
    joint.answer(cast.actor(cast.experts[2]), made[2].id, accepts=False, at=cast.at)
    states = {row.expert_id: row.state for row in make.fresh(application).invitations.all()}
    assert states[two] == "queued", "the seat of radiology does not take a surgeon"
    joint.answer(cast.actor(cast.experts[0]), made[0].id, accepts=False, why="too_busy", at=cast.at)
    states = {row.expert_id: row.state for row in make.fresh(application).invitations.all()}
    assert states[two] == "invited"
    with pytest.raises(Refused, match="too_few_experts"):
        joint.make_move(coordinator, application.case_id, "start_review", at=cast.at)


@pytest.mark.parametrize(("seats", "holds"), [(2, 3), (3, 3), (4, 4), (0, 3)])
def test_a_template_may_ask_for_more_experts_than_the_departments_rule_and_never_for_fewer(cast, seats, holds):
    operator = cast.actor(make_member("operator", cast.platform).account)
    actions.save_rule("03", quorum=3, actor=operator, at=cast.at)
    application, coordinator = make.assigning(cast), cast.actor(cast.coordinator)
    for experts, quorum in (([cast.experts[0].id], seats), ([cast.experts[1].id], 1)):
        joint.invite(coordinator, application.case_id, experts, at=cast.at, in_line=True, quorum=quorum)
    assert make.fresh(application).quorum == holds
