"""Nothing about anybody's health leaves the house: templates and contexts know a few neutral words only."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from huizhen.config import wiring
from huizhen.kernel import notify
from huizhen.kernel.notify.kinds import ALLOWED, KINDS, check_template
from huizhen.kernel.notify.models import Notification
from huizhen.kernel.notify.words import plain_context, render, shorten, without_number


@pytest.mark.parametrize(
    "template", ["%(diagnosis)s", "%(name)s 您好", "查看：%(link)s", "100%", "%s", "%(number)d", "%d"]
)
def test_other_words_are_refused(template, kinds):
    with pytest.raises(notify.BadTemplate):
        notify.register("test.bad", title=template, body="")


@pytest.mark.parametrize("template", ["%(number)s %(state)s %(due)s %(flow)s", "100%% 完成", ""])
def test_these_words_may_be_used(template, kinds):
    notify.register("test.good", title=template, body=template, texts={"sms": template})


def test_all_registered_templates_use_allowed_words_only():
    wiring.connect()
    for kind in KINDS.values():
        for template in (kind.title, kind.body, *kind.texts.values()):
            check_template(str(template))


def test_the_manual_names_the_allowed_words():
    page = (Path(settings.ROOT) / "docs" / "kernel" / "notify.md").read_text()
    assert all(f"`{word}`" in page for word in ALLOWED)


@pytest.mark.parametrize("context", [{"summary": "x"}, {"state": "长" * 121}, {"patient": "张三"}])
def test_other_contexts_are_refused(context):
    with pytest.raises(notify.BadContext):
        plain_context(context)


def test_a_lazy_word_is_stored_as_what_it_translates():
    kept, case = plain_context(
        {"state": _("Waiting to be sent"), "due": datetime(2026, 11, 23, tzinfo=UTC), "case": "0" * 32}
    )
    assert kept == {"state": "Waiting to be sent", "due": "2026-11-23T00:00:00+00:00"}
    assert case.int == 0


def test_everybody_reads_their_own_language_and_time(kinds):
    notify.register("test.due", title=_("Waiting to be sent"), body="%(state)s %(due)s", link=lambda context: "/c/1")
    told = Notification(kind="test.due", context={"state": "Waiting to be sent", "due": "2026-11-23T02:30:00+00:00"})
    chinese = render(told, "sms", language="zh-hans", time_zone="Asia/Shanghai")
    english = render(told, "sms", language="en", time_zone="Europe/London")
    assert (chinese.title, english.title) == ("等待发送", "Waiting to be sent")
    assert "10:30" in chinese.body
    assert english.body.startswith("Waiting to be sent")
    assert "2:30" in english.body
    assert chinese.link == f"{settings.PUBLIC_URL}/c/1"


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("报告已发送 · %(number)s", "报告已发送"),
        ("Critical value, specimen %(number)s", "Critical value, specimen"),
        ("Specimen %(number)s was given up", "Specimen was given up"),
        ("标本 %(number)s 已作废", "标本已作废"),
        ("%(number)s moved", "moved"),
        ("Messages", "Messages"),
    ],
)
def test_the_number_goes_out_of_a_title_with_what_joined_it(title, left):
    assert without_number(title) == left


@pytest.mark.parametrize(
    ("text", "size", "cut"),
    [
        ("报告已发送", 5, "报告已发送"),
        ("报告已更正，请以新版为准", 7, "报告已更正…"),
        ("The report was delivered", 15, "The report was…"),
        ("The report was delivered", 13, "The report…"),
        ("Delivered", 5, "Deli…"),
    ],
)
def test_a_title_is_cut_between_words_and_says_that_it_is(text, size, cut):
    assert shorten(text, size) == cut
