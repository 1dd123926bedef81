"""The page of a referral; its parts answer `?part=…`, several at once, when a pulse says that it changed."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links as joint
from huizhen.console.consult.joint import material
from huizhen.console.consult.joint.show import badge, named_line, patient_line
from huizhen.console.consult.referrals import links
from huizhen.console.consult.referrals.next import more, panel
from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear
from huizhen.console.parts import asked_parts, render_parts
from huizhen.console.shapes import Crumb, Entry
from huizhen.consult.joint.report.codes import show_code
from huizhen.consult.referrals import rules
from huizhen.consult.referrals.access import Seen, access_letter, access_referral
from huizhen.consult.referrals.flow import RECEIVE, REFERRAL
from huizhen.consult.referrals.letter.wording import PIECES, say_source
from huizhen.consult.referrals.queries import find_doctor, get_consent
from huizhen.kernel import files
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines, list_timeline
from huizhen.kernel.flow.sentences import sentence_of
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name

PARTS = ("head", "next", "letter", "story")
SILENT = ("consult.referral.joined", "consult.referral.left")


@login_required
def page(request: Request, referral_id: UUID) -> HttpResponse:
    """The whole referral, or some parts of it."""
    seen = access_referral(request.actor, referral_id)
    parts = asked_parts(request, PARTS)
    context = describe(seen)
    if parts:
        return render_parts(request, "consult/referrals", parts, context)
    hear(request, f"case:{referral_id}")
    if seen.opens and not seen.as_patient:
        context["materials"] = materials(seen)
    return render(request, "consult/referrals/page.html", context)


@login_required
def download(request: Request, referral_id: UUID) -> FileResponse:
    """The signed letter; the download leaves its audit entry."""
    referral = access_letter(request.actor, referral_id)
    if referral.file is None:
        raise NotVisible(referral_id)
    return FileResponse(files.open_file(referral.file), headers=files.headers_for_download(referral.file))


def describe(seen: Seen) -> dict[str, Any]:
    """What the page, or a part of it, is given."""
    referral, case = seen.referral, seen.referral.case
    consent = None if case.closed_at else get_consent(referral, at=now())
    story = [one for one in list_timeline(case.id, audience=seen.audience) if one.kind not in SILENT]
    entries = [Entry(one.at, sentence_of(one, REFERRAL.kind), one.reason) for one in reversed(story)]
    patient, doctor = referral.application.patient, find_doctor(case.id)
    return {
        "case": head(seen), "crumbs": crumbs(seen), "next": panel(seen, consent), "more": more(seen),
        "referral": referral, "opens": seen.opens, "pieces": pieces(seen) if seen.opens else [],
        "letter": links.act(case.id, "letter.pdf").rstrip("/") if referral.file and seen.opens else "",
        "verify": joint.verify(referral.code) if referral.signed_at else "", "code": show_code(referral.code),
        "consent": consent, "receives": seen.as_receiver or (seen.may(RECEIVE) and not seen.capacities),
        "patient": named_line(patient) if seen.opens else patient_line(patient),
        "home": get_full_name(case.organisation_id), "target": get_full_name(referral.target_id),
        "joint": joint.case(referral.application.case_id) if seen.capacities and not seen.as_receiver else "",
        "doctor": doctor.account.name if doctor else "",
        "entries": [Entry(one.at, one.says, one.reason, now=place == 0) for place, one in enumerate(entries)],
    }  # fmt: skip


def head(seen: Seen) -> dict[str, Any]:
    """Who has the ball, since when, until when."""
    case = seen.referral.case
    clocks = {one.name: one for one in list_deadlines(case.id)}
    clock = clocks.get("arrival") or clocks.get("state")
    return {
        "id": case.id, "href": links.referral(case.id), "number": case.number,
        "subject": _("Referral to %(place)s") % {"place": get_full_name(seen.referral.target_id)},
        "state": badge(case.state, REFERRAL), "urgent": case.urgency == "urgent", "late": bool(case.late_since),
        "late_why": "",
        "owner": case.owner.name if case.owner else get_full_name(case.team_organisation_id or case.organisation_id),
        "owner_line": "", "since": case.state_since, "due": to_due(clock, REFERRAL) if clock else None,
        "closed": bool(case.closed_at),
    }  # fmt: skip


def crumbs(seen: Seen, *further: str) -> list[Crumb]:
    """The way back."""
    start = Crumb(_("My consultations"), "/me/") if seen.as_patient else Crumb(_("Referrals"), links.LIST)
    case = seen.referral.case
    here = Crumb(case.number, links.referral(case.id) if further else "")
    return [start, here, *(Crumb(one) for one in further)]


def pieces(seen: Seen) -> list[dict[str, Any]]:
    """The letter piece by piece, with where each comes from."""
    return [
        {"key": one["key"], "label": PIECES[one["key"]], "text": one["text"], "needed": one["key"] in rules.NEEDED,
         "source": say_source(one, edited=rules.is_edited(one))}
        for one in seen.referral.content["pieces"]
    ]  # fmt: skip


def materials(seen: Seen) -> dict[str, Any]:
    """Documents and images of the consultation, each opened with its own check."""
    return material.of_referral(seen.referral)
