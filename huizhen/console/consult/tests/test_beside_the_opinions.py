"""The pages around the opinions: the meeting, what is laid side by side, ratings, what became of the advice; whom each
shows what, in words, and what a wrong or second try is told."""

import re
from datetime import timedelta

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.aftercare import actions as aftercare
from huizhen.consult.joint.findings import catalogue
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.panels.actions import save_template
from huizhen.kernel.access import SYSTEM

pytestmark = pytest.mark.django_db


def words(answer):
    """What a person reads."""
    page = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def cells(page, label):
    """The answers of one row of the table, in the order of its columns, and whether the row is marked."""
    found = re.search(rf'<tr([^>]*)><th scope="row">{label}.*?</tr>', page, flags=re.S)
    return re.findall(r'<td class="kept">(.*?)</td>', found[0], flags=re.S), "differs" in found[1]


def test_a_meeting_is_offered_answered_fixed_moved_and_written_into_calendars(cast, as_):
    application = make.reviewing(cast, wants_meeting=True)
    where = f"/consult/joint/{application.case_id}/meeting/"
    ics = where.rstrip("/") + ".ics"
    centre = as_(cast.coordinator)
    assert "找出三个" in words(centre.get(where)) or "提出三个" in words(centre.get(where))
    assert centre.get(ics).status_code == 404, "nothing is fixed yet"
    assert centre.post(where, {"act": "offer", "minutes": "7"}).status_code == 422
    centre.post(where, {"act": "offer", "minutes": "30"})
    page = centre.get(where).content.decode()
    offered = re.findall(r'name="fix" value="([^"]+)"', page)
    assert len(set(offered)) == 3
    assert words(centre.get(where)).count("未答复 : 专家1、专家2、专家3、李明".replace(" :", ":")) == 3
    for expert in cast.experts[1:]:
        client = as_(expert)
        assert re.findall(r'name="option" value="([^"]+)"', client.get(where).content.decode()) == offered
        assert 'name="fix"' not in client.get(where).content.decode(), (
            "who takes part answers; the centre and the chair fix"
        )
        client.post(where, {"act": "vote", "option": offered[1]})
    assert as_(cast.experts[2]).post(where, {"fix": offered[0]}).status_code == 403
    told = words(as_(cast.coordinator).get(where))
    assert "合适: 专家2、专家3" in told
    assert told.count("不合适: 专家2、专家3") == 2
    centre = as_(cast.coordinator)
    assert centre.post(where, {"fix": offered[1]}).status_code == 302
    first = as_(cast.experts[2]).get(ics)
    assert first["Content-Type"].startswith("text/calendar")
    text = first.content.decode()
    assert (text.count("BEGIN:VEVENT"), text.count("STATUS:CONFIRMED")) == (1, 1)
    assert application.case.number in first["Content-Disposition"]
    assert not any(private in text for private in ("周桂兰", "右肺", "结节")), "calendars are read by strangers"
    centre = as_(cast.coordinator)
    half = centre.post(where, {"act": "shift", "starts_at": "2026-11-26T10:00", "reason": ""})
    assert half.status_code == 422
    assert 'value="2026-11-26T10:00"' in half.content.decode(), "what was typed stays"
    assert centre.post(where, {"act": "shift", "starts_at": "2026-11-20T10:00", "reason": "手术"}).status_code == 422
    centre.post(where, {"act": "shift", "starts_at": "2026-11-26T10:00", "reason": "主会诊专家有急诊手术"})
    moved = centre.get(ics).content.decode()
    assert "DTSTART;TZID=Asia/Shanghai:20261126T100000" in moved
    uid, sequence = (re.compile(rf"{name}:(\S+)") for name in ("UID", "SEQUENCE"))
    assert uid.search(text)[1] == uid.search(moved)[1], "the calendar takes the change"
    assert int(sequence.search(text)[1]) < int(sequence.search(moved)[1])
    stranger = as_(make.make_practitioner(name="路人").account)
    assert [stranger.get(one).status_code for one in (where, ics)] == [404, 404]


def test_a_difference_of_opinion_stands_side_by_side(cast, as_):
    list(catalogue.load(cast.at))
    application = make.reviewing(cast)
    where = f"/consult/joint/{application.case_id}/compare/"
    said = (
        ({"site": "rul", "diameter": "14"}, {}),
        (
            {"site": "rul", "diameter": "15"},
            {"assessment": "倾向炎性。", "stance": "dissent", "stance_reason": "缺增强"},
        ),
    )
    for expert, (answers, other) in zip(cast.experts, said, strict=False):
        make.sign(cast, application, expert, template="lung-nodule", answers=answers, **other)
    for reader in (cast.applicant, cast.coordinator, cast.experts[0]):
        page = as_(reader).get(where).content.decode()
        assert cells(page, "结节位置") == (["右肺上叶", "右肺上叶"], False)
        assert cells(page, "平均径") == (["14 mm", "15 mm"], True)
        assert cells(page, "判断")[0] == ["考虑早期肺癌可能。", "倾向炎性。"]
        assert page.index("专家1") < page.index("专家2")
        assert "缺增强" in page
    english = as_(cast.coordinator).get(where, headers={"accept-language": "en"}).content.decode()
    assert cells(english, "Mean diameter") == (["14 mm", "15 mm"], True)
    assert as_(cast.experts[2]).get(where).status_code == 404, "who has not signed does not read the others"
    assert as_(cast.patient_account).get(where).status_code == 404, "patients read the report"


def test_applicant_and_patient_rate_once_and_the_centre_reads_it(cast, as_):
    application = make.delivered(cast)
    case = f"/consult/joint/{application.case_id}/"
    stars = {"speed": "5", "clarity": "4", "use": "3"}
    half = as_(cast.applicant).post(f"{case}rate/", {"speed": "5", "words": "说得清楚"})
    assert half.status_code == 422
    assert "说得清楚" in half.content.decode()
    assert as_(cast.applicant).post(f"{case}rate/", {**stars, "speed": "6"}).status_code == 422
    assert as_(cast.applicant).post(f"{case}rate/", {**stars, "words": "回复很快"}).status_code == 302
    assert as_(cast.patient_account).post(f"{case}rate/", {**stars, "use": "1"}).status_code == 302
    assert as_(cast.applicant).post(f"{case}rate/", stars).status_code == 422, "once"
    assert "回复很快" in words(as_(cast.coordinator).get(case))
    assert "回复很快" not in words(as_(cast.patient_account).get(case)), "what one says the other does not read"
    assert [as_(one).get(f"{case}rate/").status_code for one in (cast.experts[0], cast.coordinator)] == [403, 403]


def test_what_became_of_the_advice_reaches_the_experts(cast, as_):
    application = make.delivered(cast)
    here, page = f"/consult/joint/{application.case_id}/outcome/", "/consult/outcomes/"
    assert application.case.number not in words(as_(cast.experts[0]).get(page)).partition("已结束")[0]
    assert as_(cast.applicant).post(here, {"words": "术后病理：原位腺癌"}).status_code == 422
    said = {"followed": "yes", "course": "better", "diagnosis_held": "yes", "words": "术后病理：原位腺癌"}
    form = as_(cast.applicant).get(here).content.decode()
    choose = {name: re.findall(rf'name="{name}" value="([^"]*)"', form) for name in ("followed", "course")}
    said |= {name: codes[0] for name, codes in choose.items()}
    assert as_(cast.applicant).post(here, said).status_code == 302
    assert as_(cast.applicant).post(here, {**said, "words": "又一次"}).status_code == 422, "once"
    for expert in cast.experts:
        told = words(as_(expert).get(page))
        assert "术后病理：原位腺癌" in told
        assert "周桂兰" not in told
    assert "术后病理" not in words(as_(make.make_practitioner(name="路人").account).get(page))
    with pytest.raises(Exception, match="recorded"):
        aftercare.record_outcome(
            cast.actor(cast.applicant), application.case_id, followed=said["followed"], course=said["course"],
            diagnosis_held=None, words="", at=cast.later(minutes=1),
        )  # fmt: skip


def test_a_panel_by_template_is_asked_seat_by_seat_and_others_in_waves(cast, as_):
    codes = [expert.practitioner.specialties.get().pk for expert in cast.experts]
    save_template(
        actor=SYSTEM, at=cast.at, name="肺结节多学科", seats=codes[:1], chair=codes[0], topics=["lung-nodule"]
    )
    application = make.assigning(cast)
    where = f"/consult/joint/{application.case_id}/invite/"
    page = as_(cast.coordinator).get(f"{where}?specialty=")
    assert "肺结节多学科" in words(page)
    assert application.invitations.count() == 0, "a suggestion sends nothing"
    panel = page.content.decode().partition('id="panel-1"')[2].partition("</form>")[0]
    sent = {name: re.findall(rf'name="{name}" value="([^"]+)"', panel) for name in ("expert", "seat", "how", "quorum")}
    assert sent["how"] == ["line"]
    assert as_(cast.coordinator).post(where, sent).status_code == 302
    made = {row.expert_id: (row.state, row.seat) for row in make.fresh(application).invitations.all()}
    assert sorted(state for state, _seat in made.values()) == ["invited", *["queued"] * (len(made) - 1)]
    assert {seat for _state, seat in made.values()} == {codes[0]}
    other = make.assigning(cast)
    keys = [str(expert.id) for expert in cast.experts]
    where = f"/consult/joint/{other.case_id}/invite/"
    assert as_(cast.coordinator).post(where, {"expert": keys, "how": "waves"}).status_code == 302
    states = [row.state for row in make.fresh(other).invitations.order_by("place")]
    assert states == ["invited", "invited", "queued"]
    first = make.fresh(other).invitations.get(expert=cast.experts[0])
    actions.answer(cast.actor(cast.experts[0]), first.id, accepts=False, at=cast.at + timedelta(minutes=1))
    assert make.fresh(other).invitations.get(expert=cast.experts[2]).state == "invited"
    again = as_(cast.coordinator).post(where, {"expert": keys[1:2], "how": "waves"})
    assert again.status_code == 422
    assert re.search(r'name="how" value="waves"[^>]*checked', again.content.decode()), "the choice stays"
    page = words(as_(cast.coordinator).post(where, {"how": "waves"}))
    assert "选择" in page or "勾选" in page, "nobody chosen is said"
