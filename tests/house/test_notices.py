"""What people are told of a case's moves: facts in their own words, the number once, within what each channel takes."""

import re

import pytest
from django.utils import translation

from huizhen.config import wiring
from huizhen.kernel.flow.language import FLOWS
from huizhen.kernel.notify.kinds import KINDS
from huizhen.kernel.notify.models import Notification
from huizhen.kernel.notify.words import LONGEST_SHORT, render, render_bundle

NUMBER = "J-0000-0035-1"
# A Chinese sentence states a fact where something has happened, happens now, or waits.
STATES = re.compile("已|未|正在|待|需")
LANGUAGES = ("zh-hans", "en")


def telling():
    wiring.connect()
    flows = [flow for flow in FLOWS.values() if not flow.kind.startswith("example.")]
    return [(flow, move) for flow in flows for move in flow.moves if move.tells]


def told(kind, channel, language):
    context = {"number": NUMBER, "state": "已提交", "flow": "网络会诊", "due": "2026-11-23T02:30:00+00:00"}
    one = Notification(kind=kind, context=context)
    return render(one, channel, language=language, time_zone="Asia/Shanghai")


def test_every_move_that_tells_somebody_states_a_fact_and_gives_no_command():
    with translation.override("zh-hans"):
        facts = {f"{flow.kind}.{move.name}": str(flow.notice(move)) for flow, move in telling()}
        labels = {f"{flow.kind}.{move.name}": str(move.label) for flow, move in telling()}
    assert facts
    assert not {name: fact for name, fact in facts.items() if not STATES.search(fact) or fact.startswith("请")}
    assert not {name: fact for name, fact in facts.items() if fact == labels[name] and not STATES.search(fact)}
    assert not [f"{flow.kind}.{move.name}" for flow, move in telling() if move.name not in flow.notices]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_of_a_move_begins_with_its_fact_and_has_the_number_once(language):
    for flow, move in telling():
        kind = f"{flow.kind}.{move.name}"
        text = told(kind, "email", language)
        with translation.override(language):
            assert text.title.startswith(str(flow.notice(move))), kind
        assert (text.title + text.body).count(NUMBER) == 1, kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sms_has_the_number_once_and_every_word_of_a_move_whole(language):
    wiring.connect()
    for kind in KINDS:
        text = told(kind, "sms", language)
        assert NUMBER not in text.short, kind
        assert len(text.short) <= LONGEST_SHORT, kind
    for flow, move in telling():
        assert "…" not in told(f"{flow.kind}.{move.name}", "sms", language).short, move.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_notices_in_one_sms_say_how_many_there_are_more(language):
    wiring.connect()
    for flow, move in telling():
        kind = f"{flow.kind}.{move.name}"
        rows = [Notification(kind=kind, context={"number": NUMBER, "state": "已提交", "flow": "网络会诊"})] * 11
        short = render_bundle(rows, "sms", language=language, time_zone="Asia/Shanghai").short
        assert len(short) <= LONGEST_SHORT, kind
        assert short.endswith({"zh-hans": "另有10条更早的进展", "en": "and 10 earlier updates"}[language]), short
