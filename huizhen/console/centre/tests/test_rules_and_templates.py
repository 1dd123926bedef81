"""Opinion templates and co-signing rules as operators keep them: what is asked, in which order, since when."""

import re

import pytest

from huizhen.console.centre.tests.test_centre import browser, history_of, stamp_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.cosigning_rules.queries import everybody_signs
from huizhen.consult.joint.findings.models import OpinionTemplate
from huizhen.consult.joint.models import CosigningRule
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel.flow.language import Refused
from huizhen.people.tests.builders import make_member

NEW = "/centre/masters/opinions/"
FIRST = {"label": "位置", "label_en": "Site", "kind": "choice", "required": "on", "choices": "左 | left\n右 | right"}
SECOND = {"label": "大小", "label_en": "Size", "kind": "number", "unit": "mm", "least": "1", "most": "200"}


@pytest.fixture
def operator(cast):
    return make_member("operator", cast.platform, name="吴迪").account


def template(*items, **other):
    """What the form sends."""
    rows = {f"item-{n}-{name}": value for n, item in enumerate(items) for name, value in item.items()}
    counts = {"item-TOTAL_FORMS": str(len(items)), "item-INITIAL_FORMS": "0"}
    return {"name": "肿块", "name_en": "Mass", "active": "on", **counts, **rows, **other}


def kept():
    """The items as the form sends them back: with their keys."""
    items = OpinionTemplate.objects.get(code="mass").items
    by_label = {one["label"]: {"key": one["key"]} for one in items}
    return [{**one, **by_label.get(one["label"], {})} for one in (FIRST, SECOND)]


def words(page):
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.content.decode()))


def test_a_template_is_arranged_previewed_kept_and_told(cast, operator):
    client = browser(operator)
    assert client.post(NEW, template({**FIRST, "choices": "左 | left"})).status_code == 422
    assert client.post(NEW, template({**SECOND, "least": "300"})).status_code == 422
    assert client.post(NEW, template({})).status_code == 422
    assert client.post(NEW, template()).status_code == 422
    moved = client.post(NEW, template(SECOND, FIRST, {"label": "半句"}, act="up-1", active=""))
    page = moved.content.decode()
    assert page.index('value="位置"') < page.index('value="大小"'), "moved, and nothing saved"
    assert 'value="半句"' in page, "what was typed stays"
    assert not re.search(r'name="active"[^>]* checked', page)
    assert page.partition('id="preview-title"')[2].count("preview-item-") >= 2
    assert not OpinionTemplate.objects.exists()
    shown = client.post("/centre/masters/opinion-preview/", template(FIRST, {**SECOND, "label_en": ""}))
    assert "位置" in words(shown)
    assert "签署前必填" in words(shown)
    assert "大小" not in words(shown), "only what is complete"
    assert client.post(NEW, template(FIRST, SECOND))["Location"] == f"{NEW}mass/"
    assert client.post(NEW, template(FIRST)).status_code == 422, "sent twice, made once"
    first, second = OpinionTemplate.objects.get().items
    assert first == {"key": "site", "kind": "choice", "label": "位置", "label_en": "Site", "required": True, "choices": [
        {"code": "left", "label": "左", "label_en": "left"}, {"code": "right", "label": "右", "label_en": "right"}]}  # fmt: skip
    assert (second["key"], second["least"], second["most"], second["unit"]) == ("size", 1, 200, "mm")
    one, two = kept()
    client.post(f"{NEW}mass/", template({**two, "most": "300"}, {**one, "choices": "右 | right\n中 | middle"}))
    told = history_of(client, f"{NEW}mass/")
    assert "1 – 200 mm → 大小 / Size · 数值 · 1 – 300 mm" in told
    assert "左, 右" in told
    assert "条目顺序 : 位置, 大小 → 大小, 位置" in told.replace("条目顺序:", "条目顺序 :")
    codes = [choice["code"] for choice in OpinionTemplate.objects.get().items[1]["choices"]]
    assert codes == ["right", "middle"], "a choice that keeps its words keeps its code"
    assert "肿块" in words(client.get("/centre/masters/?kind=opinions&q=肿"))
    assert "没有符合的内容" in words(client.get("/centre/masters/?kind=opinions&q=肝"))
    client.post(f"{NEW}mass/", template(*kept(), active=""))
    assert "已停用" in words(client.get("/centre/masters/?kind=opinions"))
    for stranger in (cast.coordinator, cast.applicant, cast.experts[0]):
        client = browser(stranger)
        answers = [client.get(f"{NEW}mass/"), client.post(f"{NEW}mass/versions/1/")]
        assert [answer.status_code for answer in answers] == [403, 403]


def test_of_two_who_change_one_template_the_later_is_told_what_stands(cast, operator):
    client, other = browser(operator), browser(make_member("team_lead", cast.platform, name="何川").account)
    client.post(NEW, template(FIRST, SECOND))
    here = f"{NEW}mass/"
    seen, (one, two) = stamp_of(client.get(here)), kept()
    other.post(here, template(one, {**two, "unit": "cm"}, seen=seen))
    held = client.post(here, template(one, two, {"label": "半"}, act="drop-2", seen=seen))
    assert stamp_of(held) == seen, "arranging the items does not make it seen"
    late = client.post(here, template({**one, "label": "部位"}, two, seen=seen))
    assert late.status_code == 422
    assert "1 – 200 cm" in words(late)
    assert 'value="部位"' in late.content.decode()
    assert OpinionTemplate.objects.get().items[0]["label"] == "位置"
    assert client.post(here, template(one, two, seen=stamp_of(late))).status_code == 302


def test_an_opinion_keeps_the_version_it_began_with_and_a_version_comes_back(cast, operator, signing):
    client, expert = browser(operator), browser(cast.experts[0])
    client.post(NEW, template(FIRST, SECOND))
    application = make.reviewing(cast)
    here = f"/consult/joint/{application.case_id}/opinion/"
    begun = expert.get(f"{here}?template=mass").content.decode()
    assert 'name="item-size"' in begun
    one, _two = kept()
    client.post(f"{NEW}mass/", template({**one, "label": "部位", "required": ""}))
    said = {
        "template": "mass",
        "template_version": "1",
        "item-size": "14",
        "assessment": "良性可能。",
        "stance": "agree",
    }
    expert.post(here, {**said, "act": "keep"})
    again = expert.get(here)
    assert 'name="item-size" value="14"' in again.content.decode(), "asked as when it was begun"
    assert "模板有更新" in words(again)
    open_items = expert.post(here, said)
    assert open_items.status_code == 422
    assert "签署前必填" in words(open_items)
    newer = expert.get(f"{here}?template=mass&template_version=2").content.decode()
    assert 'name="item-size"' not in newer
    assert expert.post(here, {**said, "item-site": "left"}).status_code == 302
    [signed] = application.opinions.filter(signed_at__isnull=False)
    assert [row["shown"] for row in signed.structured["rows"]] == ["左", "14 mm"]
    earlier = f"{NEW}mass/versions/1/"
    assert "大小" in words(client.get(earlier))
    assert client.get(f"{NEW}mass/versions/9/").status_code == 404
    restored = client.post(earlier, {"seen": stamp_of(client.get(earlier))}, follow=True)
    assert OpinionTemplate.objects.get().version == 3
    assert [item["key"] for item in OpinionTemplate.objects.get().items] == ["site", "size"]
    assert "恢复了早前版本 第 1 版" in words(restored)
    stale = client.post(f"{NEW}mass/versions/2/", {"seen": "0" * 16}, follow=True)
    assert "其他人修改了该模板" in words(stale)
    assert OpinionTemplate.objects.get().version == 3


def test_a_cosigning_rule_holds_for_what_lies_below_and_is_told(cast, operator):
    client, new = browser(operator), "/centre/masters/cosigning/"
    assert client.post(new, {"specialty": "03", "everybody": "on"}).status_code == 302
    assert client.post(new, {"specialty": "03"}).status_code == 422, "a new one does not overwrite"
    assert everybody_signs("03.01")
    client.post(new, {"specialty": "03.01"})
    assert (everybody_signs("03.01"), everybody_signs("03.04"), everybody_signs("04")) == (False, True, False)
    here = f"{new}03/"
    seen = stamp_of(client.get(here))
    client.post(here, {"specialty": "04", "seen": seen})
    assert not CosigningRule.objects.get(specialty_id="03").everybody, "it stays with its specialty"
    assert "是 → 否" in history_of(client, here)
    assert client.post(here, {"everybody": "on", "seen": seen}).status_code == 422
    assert "未启用" in words(client.get("/centre/masters/?kind=cosigning"))


def test_signing_asks_for_what_the_template_needs(cast, operator):
    browser(operator).post(NEW, template(FIRST))
    application, actor = make.reviewing(cast), cast.actor(cast.experts[0])
    fields = actions.OpinionFields("", "良性。", "", template="mass")
    actions.save_opinion(actor, application.case_id, fields, at=cast.at)
    with pytest.raises(Refused, match="items_open"):
        actions.sign_opinion(actor, application.case_id, at=cast.at)
