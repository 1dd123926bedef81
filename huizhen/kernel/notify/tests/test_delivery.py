"""Stories of being told, with a travelling clock and the simulated services."""

from datetime import timedelta
from uuid import uuid4

import pytest

from huizhen.kernel import clock, notify
from huizhen.kernel.fakes import Mood
from huizhen.kernel.notify import delivering, jobs
from huizhen.kernel.notify.models import Attempt, Delivery, Notification, Robot
from huizhen.kernel.notify.tests.conftest import OTHER_PHONE, PHONE
from huizhen.people.tests.builders import make_member


def texts(story, channel="sms"):
    return [post.text for post in story.desk.received(channel)]


def test_told_once_however_often_it_is_said(story):
    case = uuid4()
    assert [story.tell("k", case=case), story.tell("k", case=case)] == [1, 0]
    assert story.tell("k", who=[story.anna, story.bela], case=case) == 1
    story.pass_time(minutes=5)
    assert len(story.desk.received("sms", PHONE)) == len(story.desk.received("sms", OTHER_PHONE)) == 1


def test_the_first_way_that_succeeds_ends_the_ladder(story):
    case = uuid4()
    story.tell(case=case)
    story.pass_time(minutes=2)
    assert story.outcomes(case) == [("sms", "sent", "")]
    assert texts(story) == ["会诊:资料已收到，编号J-0000-0042-X，请登录平台查看。"]
    assert texts(story, "email") == []


@pytest.mark.parametrize(
    ("mood", "sms", "arrived"),
    [(Mood.REFUSE, ["refused"], 0), (Mood.LOSE, ["unknown"], 1), (Mood.ERROR, ["failed"] * 3, 0)],
)
def test_when_one_way_fails_the_next_is_taken(story, mood, sms, arrived):
    case = uuid4()
    story.desk.misbehave("sms", mood, times=9)
    story.tell(case=case)
    story.pass_time(minutes=10)
    assert [outcome for channel, outcome, _ in story.outcomes(case) if channel == "sms"] == sms
    assert len(texts(story)) == arrived, "no second SMS where the first may have arrived"
    assert len(texts(story, "email")) == 1


def test_a_service_that_comes_back_is_used(story):
    case = uuid4()
    story.desk.misbehave("sms", Mood.ERROR)
    story.tell(case=case)
    story.pass_time(minutes=3)
    assert [outcome for _, outcome, _ in story.outcomes(case)] == ["failed", "sent"]


def test_when_every_way_fails_it_is_known(story):
    case = uuid4()
    story.desk.misbehave("sms", Mood.REFUSE)
    story.desk.misbehave("email", Mood.REFUSE)
    story.tell(case=case)
    story.pass_time(minutes=3)
    assert Delivery.objects.get(case_id=case).state == "exhausted"
    assert [entry.case_id for entry in notify.list_inbox(story.anna)] == [case]


def test_news_of_one_case_go_out_as_one_message(story):
    case, other = uuid4(), uuid4()
    story.tell("1", case=case)
    story.pass_time(seconds=20)
    story.tell("2", case=case, state="专家阅片中")
    story.tell("3", case=other)
    story.pass_time(minutes=2)
    received = texts(story)
    assert len(received) == 2
    assert any("专家阅片中" in text and "另有1条" in text for text in received)
    story.tell("4", case=case, state="报告已发送")
    story.pass_time(minutes=2)
    assert len(texts(story)) == 3


def test_what_was_seen_in_the_app_is_not_sent_as_well(story):
    case = uuid4()
    story.tell(case=case)
    assert notify.mark_seen(story.anna, at=clock.now(), case_id=case) == 1
    story.pass_time(minutes=2)
    assert texts(story) == []
    assert Delivery.objects.get(case_id=case).state == "seen"


def test_the_night_is_quiet_and_the_morning_brings_it(story):
    story.day.move_to(clock.now() + timedelta(hours=14))  # 23:00
    story.tell(case=uuid4())
    story.pass_time(hours=7, minutes=58)
    assert texts(story) == []
    story.pass_time(minutes=5)
    assert len(texts(story)) == 1


def test_urgent_goes_at_once_at_night_too_and_alone(story):
    story.day.move_to(clock.now() + timedelta(hours=14))
    case = uuid4()
    story.tell("1", case=case, urgency="urgent")
    story.tell("2", case=case, urgency="urgent")
    story.pass_time(seconds=0)
    assert len(texts(story)) == 2


def test_urgent_does_not_wait_for_a_service_that_is_down(story):
    case = uuid4()
    story.desk.misbehave("sms", Mood.ERROR)
    story.tell(case=case, urgency="urgent")
    story.pass_time(seconds=0)
    assert [(channel, outcome) for channel, outcome, _ in story.outcomes(case)] == [
        ("sms", "failed"),
        ("email", "sent"),
    ]


def test_wishes_are_kept(story):
    case = uuid4()
    notify.prefer(story.anna, channels_off=["sms"])
    story.tell(case=case)
    story.pass_time(minutes=2)
    assert story.outcomes(case) == [("sms", "skipped", "switched_off"), ("email", "sent", "")]
    with pytest.raises(notify.NotSwitchable):
        notify.prefer(story.anna, channels_off=["in_app"])


def test_who_has_no_address_is_told_in_the_app(story):
    case = uuid4()
    story.desk.misbehave("sms", Mood.REFUSE)
    story.tell(who=[story.bela], case=case)
    story.pass_time(minutes=2)
    assert story.outcomes(case)[-1] == ("email", "skipped", "no_address")
    assert notify.count_unseen(story.bela) == 1


def test_a_service_that_is_not_set_up_is_passed_over(story, settings):
    settings.SMS_KEY_ID = ""
    case = uuid4()
    story.tell(case=case)
    story.pass_time(minutes=2)
    assert story.outcomes(case) == [("sms", "skipped", "not_set_up"), ("email", "sent", "")]


def test_the_budget_keeps_a_share_for_what_is_urgent(story, settings):
    normal = settings.SMS_PER_DAY - settings.SMS_PER_DAY // 3
    for number in range(settings.SMS_PER_DAY):
        story.tell(f"n{number}", case=uuid4())
    story.pass_time(minutes=3)
    assert (len(texts(story)), len(texts(story, "email"))) == (normal, settings.SMS_PER_DAY - normal)
    for number in range(settings.SMS_PER_DAY):
        story.tell(f"u{number}", case=uuid4(), urgency="urgent")
    story.pass_time(minutes=1)
    assert len(texts(story)) == settings.SMS_PER_DAY
    story.pass_time(hours=16)
    story.tell("tomorrow", case=uuid4())
    story.pass_time(hours=12)
    assert len(texts(story)) == settings.SMS_PER_DAY + 1


def test_a_job_run_twice_sends_once(story):
    case = uuid4()
    story.tell(case=case)
    story.pass_time(minutes=2)
    delivery = Delivery.objects.get(case_id=case)
    jobs.deliver_job.func(delivery=str(delivery.id))
    assert len(texts(story)) == 1


def test_a_worker_that_dies_while_sending_does_no_harm(story):
    case = uuid4()
    story.tell(case=case, urgency="urgent")
    delivery = Delivery.objects.get(case_id=case)
    claim = delivering.claim_next(delivery.id, clock.now())
    delivering.ADAPTERS["sms"].send(claim.to, claim.text)
    # Here it died: sent, and nothing written down.
    story.pass_time(minutes=3)
    assert (len(texts(story)), len(texts(story, "email"))) == (1, 0)
    story.pass_time(minutes=3)
    assert (len(texts(story)), len(texts(story, "email"))) == (1, 1)
    assert [outcome for _, outcome, _ in story.outcomes(case)] == ["unknown", "sent"]


def test_a_delivery_whose_job_was_lost_is_picked_up(story):
    case = uuid4()
    story.tell(case=case)
    story.day.shift(timedelta(minutes=5))
    jobs.sweep.func(0)
    assert len(texts(story)) == 1


def test_a_delivery_that_breaks_holds_up_no_other(story):
    broken, whole = uuid4(), uuid4()
    story.tell("k1", case=broken)
    story.tell("k2", case=whole)
    # A moment that is none: the text cannot be written, on whichever rung.
    Notification.objects.filter(case_id=broken).update(kind="test.quiet", context={"due": "no moment"})
    story.day.shift(timedelta(minutes=5))
    jobs.sweep.func(0)
    assert story.outcomes(whole) == [("sms", "sent", "")]
    assert story.outcomes(broken) == [("sms", "failed", "raised")]
    for _minute in range(20):
        story.day.shift(timedelta(minutes=1))
        jobs.sweep.func(0)
    assert [(channel, outcome) for channel, outcome, _ in story.outcomes(broken)] == (
        [("sms", "failed")] * 3 + [("email", "failed")] * 3
    )
    assert Delivery.objects.get(case_id=broken).state == "exhausted"
    assert len(texts(story)) == 1


def test_an_adapter_that_breaks_is_not_asked_again_and_the_next_way_is_taken(story, settings):
    case = uuid4()
    settings.SMS_ENDPOINT = "http://127.0.0.1:no-port"
    story.tell(case=case)
    story.pass_time(minutes=2)
    assert story.outcomes(case) == [("sms", "unknown", "raised"), ("email", "sent", "")]


def test_a_team_is_told_with_its_robot(story):
    lead = make_member("team_lead", name="组长", phone="13700137000")
    Robot.objects.create(
        channel="dingtalk", name="值班群", role="team_lead", organisation_id=lead.organisation_id,
        address=f"{story.fakes.url}/robot/send?access_token=duty", secret="SECduty",
    )  # fmt: skip
    told = notify.tell_team(
        "test.moved", role="team_lead", organisation_id=lead.organisation_id, key="late-1",
        context={"number": "J-0000-0042-X", "state": "已提交", "case": uuid4()}, urgency="urgent", at=clock.now(),
    )  # fmt: skip
    assert told == 2
    story.pass_time(seconds=0)
    assert [post.title for post in story.desk.received("dingtalk", "duty")] == ["会诊J-0000-0042-X:已提交"]
    assert len(story.desk.received("sms", "13700137000")) == 1


def test_a_robot_out_of_budget_waits_for_the_next_minute(story):
    Robot.objects.create(
        channel="wecom",
        name="群",
        account_id=story.anna,
        address=f"{story.fakes.url}/cgi-bin/webhook/send?key=12345678",
    )
    for number in range(18):
        story.tell(f"r{number}", kind="test.robots", case=uuid4())
    story.pass_time(seconds=60)
    assert len(texts(story, "wecom")) == 15
    story.pass_time(minutes=1)
    assert len(texts(story, "wecom")) == 18


def test_addresses_are_in_no_table_in_plain(story):
    story.tell(case=uuid4())
    story.pass_time(minutes=2)
    for model in (Notification, Delivery, Attempt):
        for row in model.objects.values_list():
            assert PHONE not in str(row)


def test_a_kind_without_a_ladder_is_told_in_the_app_only(story):
    story.tell(kind="test.quiet", case=uuid4())
    assert not Delivery.objects.exists()
    assert notify.count_unseen(story.anna) == 1


def test_an_unknown_kind_is_an_error(story):
    with pytest.raises(notify.UnknownKind):
        story.tell(kind="test.nobody")


def test_log_in_codes_go_out_now_and_not_for_ever(story, settings):
    sent = [notify.send_code(PHONE, "123456", at=clock.now()).outcome for _ in range(settings.SMS_PER_DAY)]
    assert set(sent) == {"sent"}
    assert texts(story)[0] == "您的验证码是123456，5分钟内有效，请勿告诉他人。"
    with pytest.raises(notify.TooOften):
        notify.send_code(PHONE, "123456", at=clock.now())


def test_the_inbox_pages_newest_first(story):
    for number in range(5):
        story.tell(f"{number}", kind="test.quiet", number=f"J-{number}")
        story.day.shift(timedelta(seconds=1))
    first = notify.list_inbox(story.anna, limit=2)
    second = notify.list_inbox(story.anna, limit=9, after=first[-1].id)
    assert [entry.number for entry in first + second] == ["J-4", "J-3", "J-2", "J-1", "J-0"]
    assert notify.mark_seen(story.anna, at=clock.now(), ids=[first[0].id]) == 1
    assert notify.mark_seen(story.bela, at=clock.now(), ids=[first[1].id]) == 0, "not mine"
    assert (notify.count_unseen(story.anna), len(notify.list_inbox(story.anna, unseen_only=True))) == (4, 4)
    assert notify.mark_seen(story.anna, at=clock.now()) == 4
