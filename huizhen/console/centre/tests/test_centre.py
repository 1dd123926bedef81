"""The centre's pages, clicked through: board, duty, calendar, contracts, statistics and the workbook."""

import io
import re
import zipfile
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils.timezone import localtime

from huizhen.board.exports.workbook import Sheet, write_workbook
from huizhen.consult.contracts.models import Contract
from huizhen.consult.duty import actions as duty
from huizhen.consult.duty.models import DutyShift
from huizhen.consult.joint.meetings import actions as meetings
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.panels.models import PanelRule, PanelTemplate
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.availability.models import Absence, WorkingHours
from huizhen.people.credentials.models import Practitioner
from huizhen.people.credentials.queries import list_specialties
from huizhen.people.tests.builders import make_member


def browser(account):
    """A log-in with both factors."""
    enrol(account)
    client = Client()
    client.force_login(account)
    return client


def test_a_case_moves_on_the_board_without_dragging(cast):
    application, client = make.submitted(cast), browser(cast.coordinator)
    page = client.get("/centre/board/").content.decode()
    assert application.case.number in page
    moved = client.post(f"/consult/joint/{application.case_id}/accept-material/", {"back": "board"})
    assert moved["Location"] == "/centre/board/"
    assert make.state(application) == "received"
    assert browser(cast.applicant).get("/centre/board/").status_code == 404


def test_experts_are_suggested_and_invited_with_one_tap(cast):
    application, client = make.assigning(cast), browser(cast.coordinator)
    address = f"/consult/joint/{application.case_id}/invite/"
    page = client.get(address).content.decode()
    assert "专家1" in page
    assert make.fresh(application).invitations.count() == 0
    expert = cast.experts[0]
    client.post(address, {"expert": str(expert.id), "seat": f"{expert.id}:03.01", "how": "all"})
    [made] = make.fresh(application).invitations.all()
    assert (made.expert_id, made.seat, made.state) == (expert.id, "03.01", "invited")


def test_a_full_week_is_said_and_invited_all_the_same_with_a_tick(cast):
    expert, client = cast.experts[0], browser(cast.coordinator)
    Practitioner.objects.filter(account=expert).update(weekly_limit=1)
    make.actions.invite(cast.actor(cast.coordinator), make.assigning(cast).case_id, [expert.id], at=cast.at)
    application = make.assigning(cast)
    address = f"/consult/joint/{application.case_id}/invite/"
    sent = {"expert": str(expert.id), "seat": f"{expert.id}:03.01", "how": "all"}
    refused = client.post(address, sent)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'name="despite_limit"' in page
    assert f"：{expert.name}" in page
    assert f'name="seat" value="{expert.id}:03.01"' in page, "nothing chosen is lost"
    assert client.post(address, {**sent, "despite_limit": "yes"}).status_code == 302
    assert make.fresh(application).invitations.get().seat == "03.01"


def test_the_doctor_on_duty_takes_a_call(cast):
    expert = cast.experts[0]
    duty.add_shift(cast.platform.id, expert.id, starts_at=cast.at, ends_at=cast.at + timedelta(hours=8), actor=SYSTEM,
                   at=cast.at)  # fmt: skip
    application = make.submitted(cast, urgency="urgent")
    ring = duty.ring(application.case_id, at=cast.at)
    client = browser(expert)
    assert application.case.number in client.get("/centre/duty/").content.decode()
    assert client.get(f"/consult/joint/{application.case_id}/").status_code == 404
    alone = client.post(f"/centre/duty/rings/{ring.id}/pass/", follow=True).content.decode()
    assert "会通知组长" in alone, "nobody is said to be rung who is not"
    taken = client.post(f"/centre/duty/rings/{ring.id}/take/", follow=True)
    assert taken.redirect_chain[-1][0] == f"/consult/joint/{application.case_id}/"
    assert taken.status_code == 200


def test_a_shift_sent_twice_or_upside_down_is_told(cast):
    lead, expert = make_member("team_lead", cast.platform).account, cast.experts[0]
    client, here = browser(lead), "/centre/duty/"
    form = {"account": str(expert.id), "starts_at": "2026-11-24T08:00", "ends_at": "2026-11-25T08:00", "place": "1",
            "patience": "5"}  # fmt: skip
    assert client.post(here, form).status_code == 302
    again = client.post(here, form)
    assert (again.status_code, "该医生此时段已在值班" in again.content.decode()) == (422, True)
    assert client.post(here, {**form, "ends_at": "2026-11-23T08:00"}).status_code == 422
    assert (
        client.post(here, {**form, "starts_at": "2026-11-25T08:00", "ends_at": "2026-11-26T08:00"}).status_code == 302
    )
    assert client.post(here, {"account": ""}).status_code == 422
    assert DutyShift.objects.count() == 2


def test_the_roster_keeps_its_history(cast):
    lead = make_member("team_lead", cast.platform).account
    shift = duty.add_shift(cast.platform.id, cast.experts[0].id, starts_at=cast.at,
                           ends_at=cast.at + timedelta(hours=8), actor=cast.actor(lead), at=cast.at)  # fmt: skip
    client = browser(lead)
    assert f"— → {cast.experts[0].name}" in history_of(client, "/centre/duty/")
    client.post(f"/centre/duty/shifts/{shift.id}/cancel/")
    told = history_of(client, "/centre/duty/")
    assert f"{cast.experts[0].name} → —" in told
    assert "2026-11-23 17:00 → —" in told
    assert told.count(lead.name) == 2


@pytest.mark.parametrize(("role", "opens"), [("coordinator", True), ("operator", False)])
def test_the_last_calls_lead_to_a_case_only_who_may_see_it(cast, role, opens):
    duty.add_shift(cast.platform.id, cast.experts[0].id, starts_at=cast.at, ends_at=cast.at + timedelta(hours=8),
                   actor=SYSTEM, at=cast.at)  # fmt: skip
    application = make.submitted(cast, urgency="urgent")
    duty.ring(application.case_id, at=cast.at)
    page = browser(make_member(role, cast.platform).account).get("/centre/duty/").content.decode()
    assert application.case.number in page
    assert (f'href="/cases/{application.case_id}/"' in page) == opens


@pytest.mark.parametrize("at", ["platform", "county"])
def test_the_navigation_leads_to_a_page_wherever_one_works(cast, at):
    """A role means less at a hospital than at the centre, and the places in the navigation go by role."""
    lost = []
    for role in ("applicant", "coordinator", "team_lead", "department_head", "operator", "laboratory", "collector",
                 "system_admin", "security_admin", "audit_admin"):  # fmt: skip
        client = browser(make_member(role, getattr(cast, at)).account)
        navigation = client.get("/inbox/").content.decode().partition("<nav")[2].partition("</nav>")[0]
        links = set(re.findall(r'href="(/[^"]*)"', navigation))
        assert links, role
        lost += [(role, link) for link in sorted(links) if client.get(link, follow=True).status_code != 200]
    assert lost == []


def test_a_doctor_keeps_the_calendar(cast):
    expert = cast.experts[0]
    client, address = browser(expert), f"/centre/calendars/{expert.id}/"
    wrong = client.post(address, {"form": "week", "limit": 3, "day_0": "12:00-08:00"})
    assert wrong.status_code == 422
    client.post(address, {"form": "week", "limit": 3, "accepting": "on", "day_0": "08:00-12:00 14:00至17:30"})
    assert WorkingHours.objects.count() == 2
    client.post(
        address, {"form": "absence", "kind": "leave", "starts_at": "2026-11-24T08:00", "ends_at": "2026-11-25T08:00"}
    )
    [absence] = Absence.objects.all()
    assert client.get(address).status_code == 200
    client.post(f"/centre/calendars/absences/{absence.id}/cancel/")
    absence.refresh_from_db()
    assert absence.cancelled_at
    told = history_of(client, address)
    assert " → 08:00-12:00 14:00-17:30" in told
    assert "10 → 3" in told
    assert told.index("2026-11-24 08:00 → —") < told.index("— → 2026-11-24 08:00"), "taken back after it was entered"
    client.post(address, {"form": "week", "limit": 3, "accepting": "on", "day_0": "08:00-12:00 14:00-17:30"})
    assert history_of(client, address) == told, "nothing changed, nothing noted"
    assert browser(cast.experts[1]).get(address).status_code == 404


def test_a_meeting_is_no_free_time_on_the_centres_pages(cast):
    application = make.reviewing(cast, wants_meeting=True)
    offered = meetings.offer_times(cast.actor(cast.coordinator), application.case_id, minutes=60, at=cast.at)
    first = offered.options.order_by("starts_at").first()
    made = meetings.fix_meeting(cast.actor(cast.coordinator), application.case_id, first.id, at=cast.at)
    expert, start, end = cast.experts[0], localtime(made.starts_at), localtime(made.starts_at + timedelta(hours=1))
    cast.later(seconds=(made.starts_at - cast.at).total_seconds() - 60)
    calendar = browser(expert).get(f"/centre/calendars/{expert.id}/").content.decode()
    assert f"–{start:%H:%M}</span>" in calendar
    assert f">{end:%H:%M}–" in calendar
    client, here = browser(cast.coordinator), f"/centre/experts/?q={expert.name}"
    for minutes, is_free in ((6, False), (26, True)):
        cast.later(minutes=minutes)
        page = client.get(here).content.decode()
        assert expert.name in page
        assert ("现在有空" in page) is is_free


def history_of(client: Client, address: str) -> str:
    """What the page says stood before, as a reader has it."""
    page = client.get(address).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split('id="changes"')[1].split("</section>")[0]))


def stamp_of(page) -> str:
    """The hidden sign of what a form shows."""
    return re.search(r'name="seen" value="(\w*)"', page.content.decode())[1]


def test_operators_keep_contracts_with_history(cast):
    operator = make_member("operator", cast.platform).account
    client = browser(operator)
    city = cast.experts[0].practitioner.organisation_id
    fields = {"asking_id": str(cast.county.id), "answering_id": str(city), "starts_on": "2026-01-01", "fee": "300",
              "urgent_fee": "500", "monthly_limit": "9"}  # fmt: skip
    assert client.post("/centre/masters/contracts/", fields).status_code == 302
    [row] = Contract.objects.all()
    assert (row.fee_fen, row.starts_on) == (30000, date(2026, 1, 1))
    client.post(f"/centre/masters/contracts/{row.pk}/", {**fields, "fee": "350.50"})
    told = history_of(client, f"/centre/masters/contracts/{row.pk}/")
    assert "300.00 → 350.50" in told
    assert told.count(operator.name) == 2, "who made it and who changed it"
    client.post(f"/centre/masters/contracts/{row.pk}/", {**fields, "fee": "350.50"})
    assert history_of(client, f"/centre/masters/contracts/{row.pk}/") == told, "nothing changed, nothing noted"
    assert client.post("/centre/masters/contracts/", fields).status_code == 422
    assert browser(cast.coordinator).get("/centre/masters/").status_code == 403


def test_of_two_who_keep_one_contract_the_later_is_told_and_loses_nothing(cast):
    client = browser(make_member("operator", cast.platform).account)
    city = cast.experts[0].practitioner.organisation_id
    fields = {"asking_id": str(cast.county.id), "answering_id": str(city), "starts_on": "2026-01-01", "fee": "300",
              "urgent_fee": "500", "monthly_limit": "9"}  # fmt: skip
    client.post("/centre/masters/contracts/", fields)
    here = f"/centre/masters/contracts/{Contract.objects.get().pk}/"
    seen = stamp_of(client.get(here))
    client.post(here, {**fields, "fee": "320", "seen": seen})
    late = client.post(here, {**fields, "monthly_limit": "12", "seen": seen})
    said = late.content.decode()
    assert (late.status_code, Contract.objects.get().fee_fen) == (422, 32000)
    assert "320.00" in said
    assert 'value="12"' in said, "what was typed is still there"
    client.post(here, {**fields, "monthly_limit": "12", "fee": "320", "seen": stamp_of(late)})
    assert (Contract.objects.get().monthly_limit, Contract.objects.get().fee_fen) == (12, 32000)


def test_operators_keep_panels_and_rules_with_history(cast):
    client = browser(make_member("operator", cast.platform).account)
    panel = {"name": "肺结节", "seat_1": "03.01", "seat_2": "32", "chair": "03.01", "is_active": "on"}
    client.post("/centre/masters/templates/", panel)
    template = PanelTemplate.objects.get(name="肺结节")
    client.post(f"/centre/masters/templates/{template.pk}/", {**panel, "seat_2": "", "name": "肺部结节"})
    told = history_of(client, f"/centre/masters/templates/{template.pk}/")
    assert "肺结节 → 肺部结节" in told
    names = dict(list_specialties())
    assert f"{names['03.01']} · {names['32']} → {names['03.01']}" in told
    client.post("/centre/masters/rules/", {"specialty": "03.01", "quorum": "2"})
    rule = PanelRule.objects.get(specialty_id="03.01")
    client.post(f"/centre/masters/rules/{rule.pk}/", {"specialty": "03.01", "quorum": "3", "chair_of_specialty": "on"})
    assert "2 → 3" in history_of(client, f"/centre/masters/rules/{rule.pk}/")


def test_statistics_and_their_workbook(cast):
    make.delivered(cast)
    lead = make_member("team_lead", cast.platform).account
    client = browser(lead)
    page = client.get("/centre/statistics/?days=7").content.decode()
    assert "云岭县人民医院" in page
    made = client.get("/centre/statistics/figures.xlsx?days=7")
    with zipfile.ZipFile(io.BytesIO(made.content)) as book:
        assert "云岭县人民医院" in book.read("xl/sharedStrings.xml").decode()
        assert {"评价", "随访结果"} <= set(re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode()))
    assert AuditEntry.objects.filter(action="board.figures.exported", actor_id=lead.id).count() == 1
    assert browser(cast.coordinator).get("/centre/statistics/figures.xlsx").status_code == 403
    assert browser(cast.applicant).get("/centre/statistics/").status_code in (403, 404)


def test_a_workbook_runs_nothing():
    made = write_workbook([Sheet("a/b", ["x"], [["=1+1"], ["http://a"], [3]])], about="x")
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert "hyperlink" not in page
