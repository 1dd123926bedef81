"""Each adapter against its simulator, over real HTTP and SMTP on the loopback."""

from datetime import timedelta

import pytest

from huizhen.kernel import clock
from huizhen.kernel.fakes import Mood, dingtalk, feishu
from huizhen.kernel.notify.ports import ADAPTERS, Destination, smtp, web
from huizhen.kernel.notify.ports import aliyun as aliyun_port
from huizhen.kernel.notify.ports import dingtalk as dingtalk_port
from huizhen.kernel.notify.ports import feishu as feishu_port
from huizhen.kernel.notify.words import Text

TEXT = Text("会诊进展", "资料已收到\n请查看", "https://huizhen.example/c/1", "J-0042", "会诊进展", "d1.1")
CHANNELS = ("sms", "email", "wecom", "dingtalk", "feishu")


def address_of(channel, fakes):
    return {
        "sms": Destination("sms", "a", "13800138000"),
        "email": Destination("email", "a", "anna@example.org"),
        "wecom": Destination("wecom", "r", f"{fakes.url}/cgi-bin/webhook/send?key=693a91f6-7aoc"),
        "dingtalk": Destination(
            "dingtalk", "r", f"{fakes.url}/robot/send?access_token=t0ken", dingtalk.secret_of("t0ken")
        ),
        "feishu": Destination("feishu", "r", f"{fakes.url}/open-apis/bot/v2/hook/t0ken", feishu.secret_of("t0ken")),
    }[channel]


def send(channel, fakes, to=None):
    return ADAPTERS[channel].send(to or address_of(channel, fakes), TEXT)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_arrives_whole(channel, fakes):
    result = send(channel, fakes)
    assert result.outcome == "sent", result
    (post,) = fakes.desk.received(channel)
    assert "会诊进展" in post.title + post.text
    if channel == "sms":
        assert post.text == "会诊进展，编号J-0042，请登录平台查看。"
        assert post.raw["OutId"] == "d1.1"
        assert result.reference
    else:
        assert "资料已收到" in post.text
        assert "https://huizhen.example/c/1" in post.text


EXPECTED = {
    Mood.REFUSE: dict.fromkeys(CHANNELS, "refused"),
    Mood.LIMIT: dict.fromkeys(CHANNELS, "limited"),
    Mood.ERROR: dict.fromkeys(CHANNELS, "failed"),
    Mood.LOSE: dict.fromkeys(CHANNELS, "unknown"),
    Mood.SILENCE: dict.fromkeys(CHANNELS, "unknown"),
}


@pytest.mark.parametrize("mood", Mood)
@pytest.mark.parametrize("channel", CHANNELS)
def test_misbehaviour_is_named_rightly(channel, mood, fakes, settings, monkeypatch):
    monkeypatch.setattr(web, "TIMES", 1)
    settings.EMAIL_TIMEOUT = 1
    fakes.desk.misbehave(channel, mood)
    assert send(channel, fakes).outcome == EXPECTED[mood][channel]
    arrived = len(fakes.desk.received(channel))
    assert arrived == (1 if mood in (Mood.LOSE, Mood.SILENCE) else 0)
    assert send(channel, fakes).outcome == "sent", "the mood was for one call"


@pytest.mark.parametrize("channel", CHANNELS)
def test_nobody_there_means_surely_not_sent(channel, fakes, settings):
    to = address_of(channel, fakes)
    to = Destination(to.channel, to.name, to.address.replace(str(fakes.port), "9"), to.secret)
    settings.SMS_ENDPOINT, settings.EMAIL_PORT = "http://127.0.0.1:9", 9
    assert send(channel, fakes, to).outcome == "failed"


@pytest.mark.parametrize("channel", ["dingtalk", "feishu"])
def test_a_wrong_secret_is_a_wrong_setting(channel, fakes):
    to = address_of(channel, fakes)
    result = send(channel, fakes, Destination(channel, "r", to.address, "another"))
    assert (result.outcome, result.code) == ("misset", {"dingtalk": "310000", "feishu": "19021"}[channel])
    assert fakes.desk.received() == []


@pytest.mark.parametrize(
    ("channel", "code"), [("dingtalk", "310000"), ("feishu", "19021"), ("sms", "InvalidTimeStamp.Expired")]
)
def test_a_clock_that_is_wrong_by_two_hours_is_noticed(channel, code, fakes, monkeypatch):
    wrong = clock.now() + timedelta(hours=2)
    for port in (dingtalk_port, feishu_port, aliyun_port):
        monkeypatch.setattr(port, "clock", type("Wrong", (), {"now": staticmethod(lambda: wrong)}))
    result = send(channel, fakes)
    assert (result.outcome, result.code) == ("misset", code)


def test_a_wecom_robot_that_was_removed(fakes):
    result = send("wecom", fakes, Destination("wecom", "r", f"{fakes.url}/cgi-bin/webhook/send?key=x"))
    assert (result.outcome, result.code) == ("misset", "93000")


@pytest.mark.parametrize("channel", ["wecom", "dingtalk"])
def test_the_twenty_first_message_of_a_minute_is_too_many(channel, fakes, day):
    results = [send(channel, fakes).outcome for _ in range(21)]
    assert results == ["sent"] * 20 + ["limited"]


@pytest.mark.parametrize("channel", ["wecom", "dingtalk", "feishu"])
def test_robots_are_called_at_known_hosts_only(channel, fakes, settings):
    settings.ROBOT_HOSTS = ["qyapi.weixin.qq.com"]
    assert send(channel, fakes).outcome == "misset"
    assert fakes.desk.received() == []


@pytest.mark.parametrize("channel", ["wecom", "dingtalk", "feishu"])
def test_a_very_long_message_is_cut_and_arrives(channel, fakes):
    long = Text("题", "会诊" * 20_000, "https://huizhen.example/", "J", "题")
    assert ADAPTERS[channel].send(address_of(channel, fakes), long).outcome == "sent"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"SMS_KEY_SECRET": "other"}, "SignatureDoesNotMatch"),
        ({"SMS_KEY_ID": "other"}, "InvalidAccessKeyId.NotFound"),
    ],
)
def test_the_sms_service_checks_who_calls(change, code, fakes, settings, monkeypatch):
    good = {"SMS_KEY_ID": settings.SMS_KEY_ID, "SMS_KEY_SECRET": settings.SMS_KEY_SECRET}
    headers = aliyun_port.request_headers

    def with_other_key(*given, **named):
        for name, value in change.items():
            setattr(settings, name, value)
        signed = headers(*given, **named)
        for name, value in good.items():
            setattr(settings, name, value)
        return signed

    monkeypatch.setattr(aliyun_port, "request_headers", with_other_key)
    result = send("sms", fakes)
    assert (result.outcome, result.code) == ("misset", code)


def test_a_wrong_number_is_refused(fakes):
    result = send("sms", fakes, Destination("sms", "a", "12345"))
    assert (result.outcome, result.code) == ("refused", "isv.MOBILE_NUMBER_ILLEGAL")


def test_the_signature_of_the_providers_own_example():
    """The fixed example on the provider's page about the V3 signature."""
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    _, signature = aliyun_port.sign("POST", "/", query, headers, "YourAccessKeySecret")
    assert signature == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


def test_mail_says_that_a_machine_wrote_it_and_repeats_its_id(fakes):
    smtp.Mail().send(address_of("email", fakes), TEXT)
    smtp.Mail().send(address_of("email", fakes), TEXT)
    first, second = (post.raw for post in fakes.desk.received("email"))
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == second["Message-ID"] == "<d1.1@example.org>"
