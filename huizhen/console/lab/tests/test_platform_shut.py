"""A platform that does not let us in: its page says why, and one click tries again."""

import pytest

from huizhen.console.lab.tests.test_pages import enter, fresh_cache, lab, take
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting import sending
from huizhen.lab.reporting.fakes import Mood, Platform
from huizhen.lab.reporting.models import Delivery, Upstream
from huizhen.lab.tests.builders import AT, make_lab, reading

__all__ = ["fresh_cache", "lab"]
pytestmark = pytest.mark.django_db


def test_the_page_says_why_and_who_has_mended_it_has_it_tried_at_once(lab):
    upstream = Upstream.objects.create(organisation=lab.laboratory, name="P", format="fhir", url="http://127.0.0.1:9/x")
    take(lab, reading(lab.collect(), "Negative"))
    reporting.enlist(at=AT)
    platform = Platform()
    platform.moods.append(Mood.SHUT)
    sending.catch_up(upstream, platform)
    page, press = "/lab/reporting/", f"/lab/reporting/{upstream.id}/try/"
    client = enter(lab.bench)
    shown = client.get(page).content.decode()
    assert (press in shown, "does not take our password" in shown, "Nothing gets in since" in shown) == (True,) * 3
    assert "不认我们的密码" in enter(lab.second, "zh-hans").get(page).content.decode()
    case = Trouble.objects.get().case_id
    assert "Try now" in client.get(f"/lab/exceptions/{case}/").content.decode()
    other = make_lab()
    assert [enter(who).post(press).status_code for who in (lab.collector, other.bench)] == [403, 404]
    assert (sending.catch_up(upstream, platform), client.get(press).status_code) == (0, 405)
    assert b"It is tried within seconds" in client.post(press, follow=True).content
    assert sending.catch_up(upstream, platform) == 1
    assert Delivery.objects.get().state == "accepted"
    assert press not in client.get(page).content.decode()
