"""An expert who is asked hears of it, and hears when nothing is asked any more; each once, and nothing of the patient."""

import pytest

from huizhen.consult.joint import actions, effects
from huizhen.consult.joint.models import Invitation
from huizhen.kernel import outbox
from huizhen.kernel.flow.models import CaseDeadline
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.kernel.notify.models import Channel, Notification
from huizhen.kernel.notify.words import render

from . import builders as make

pytestmark = pytest.mark.django_db
INVITED, TAKEN_BACK, LAPSED = (
    f"consult.joint.{name}" for name in ("invited", "invitation_withdrawn", "invitation_expired")
)


def invite(cast, made, count=1, **how):
    experts = [expert.id for expert in cast.experts[:count]]
    found = actions.invite(cast.actor(cast.coordinator), made.case_id, experts, at=cast.at, **how)
    settle(cast)
    return found


def settle(cast):
    """All that follows is done."""
    outbox.run_pending(cast.at)


def told(expert):
    """What the expert has been told, in its order, without the general news of the case."""
    news = Notification.objects.filter(account_id=expert.id, kind__in=(INVITED, TAKEN_BACK, LAPSED))
    return list(news.order_by("at", "id"))


def kinds(expert):
    return [one.kind for one in told(expert)]


def test_who_is_invited_is_told_until_when_and_nothing_of_the_patient(cast):
    made = make.assigning(cast)
    [invitation] = invite(cast, made)
    effects.tell_invited({"invitation": str(invitation.id)})
    [news] = told(cast.experts[0])
    due = CaseDeadline.objects.get(name=f"invitation:{invitation.id}").due_at
    assert news.context == {"number": made.case.number, "due": due.isoformat(), "link": f"/cases/{made.case_id}"}
    assert (news.kind, news.urgency, news.case_id) == (INVITED, "normal", made.case_id)
    words = render(news, Channel.SMS, language="zh-hans", time_zone="Asia/Shanghai")
    assert made.case.number in words.title
    assert "答复" in words.body
    assert news.delivery.ladder == ["sms", "email"]


def test_an_urgent_invitation_leaves_at_once_and_alone(cast):
    made = make.assigning(cast, urgency="urgent")
    invite(cast, made)
    [news] = told(cast.experts[0])
    assert (news.urgency, news.delivery.urgency, news.delivery.open_to_more) == ("urgent", "urgent", False)
    assert news.delivery.due_at == news.delivery.created_at


def test_the_next_in_line_hears_when_it_is_their_turn(cast):
    made = make.assigning(cast)
    first, _second, _third = invite(cast, made, 3, in_line=True)
    assert [kinds(expert) for expert in cast.experts] == [[INVITED], [], []]
    actions.answer(cast.actor(cast.experts[0]), first.id, accepts=False, at=cast.later(hours=1))
    settle(cast)
    assert [kinds(expert) for expert in cast.experts] == [[INVITED], [INVITED], []], "who declines knows it"
    cast.later(days=3)
    sweep_all(cast.at)
    settle(cast)
    assert [kinds(expert) for expert in cast.experts] == [[INVITED], [INVITED, LAPSED], [INVITED]]


def test_who_is_asked_no_more_hears_it_and_who_never_was_does_not(cast):
    made = make.assigning(cast)
    coordinator = cast.actor(cast.coordinator)
    for invitation in invite(cast, made, 2, in_line=True)[::-1]:
        for _time in range(2):
            actions.withdraw_invitation(coordinator, made.case_id, invitation.id, at=cast.later(minutes=5))
            settle(cast)
    effects.tell_let_go({"invitation": str(Invitation.objects.get(expert=cast.experts[0]).id)})
    assert [kinds(expert) for expert in cast.experts[:2]] == [[INVITED, TAKEN_BACK], []]
    assert told(cast.experts[0])[1].context["link"] == "/", "the case is closed to them"


@pytest.mark.parametrize(("who", "name"), [("applicant", "withdraw"), ("coordinator", "refer")])
def test_the_end_of_the_case_is_told_to_who_has_not_answered(cast, who, name):
    made = make.assigning(cast)
    invitation, _other = invite(cast, made, 2)
    actions.answer(cast.actor(cast.experts[0]), invitation.id, accepts=True, at=cast.later(minutes=5))
    actor = cast.actor(getattr(cast, who))
    actions.make_move(actor, made.case_id, name, at=cast.later(minutes=5), reason="病情变化")
    for _time in range(2):
        actions.dismiss_invitations(made.case_id, at=cast.at)
        settle(cast)
    assert [kinds(expert) for expert in cast.experts[:2]] == [[INVITED], [INVITED, TAKEN_BACK]]


def test_a_hurried_case_tells_the_new_time_to_who_has_not_answered(cast):
    made = make.assigning(cast)
    [invitation] = invite(cast, made)
    coordinator = cast.actor(cast.coordinator)
    actions.set_urgency(coordinator, made.case_id, urgency="urgent", reason="病情加重", at=cast.later(minutes=5))
    settle(cast)
    before, after = told(cast.experts[0])
    due = CaseDeadline.objects.get(name=f"invitation:{invitation.id}").due_at
    assert (after.kind, after.urgency, after.context["due"]) == (INVITED, "urgent", due.isoformat())
    assert before.context["due"] > after.context["due"]
