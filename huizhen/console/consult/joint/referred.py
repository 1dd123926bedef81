"""Referrals of a consultation, as a card on its page: where the patient was sent, how that stands, and a new one."""

from typing import Any

from django.utils.translation import gettext as _

from huizhen.console.consult.joint import show
from huizhen.console.shapes import Act
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import REFERRED
from huizhen.consult.referrals.access import BEGIN
from huizhen.consult.referrals.flow import REFERRAL
from huizhen.consult.referrals.queries import list_of
from huizhen.people.organisations.queries import get_full_name

PAGE = "/consult/referrals/"
INVOLVED = frozenset({"applicant", "patient", "family"})


def context(seen: Seen) -> dict[str, Any]:
    """The referrals with their state for all who see the case; the page behind for doctor, patient and family."""
    application = seen.application
    signed = [report for report in application.reports.all() if report.signed_at]
    early = not signed and application.case.state == REFERRED
    if not (signed or early) or seen.capacities == {"invitee"}:
        return {"referred": None}
    found = list_of(application.id) if application.is_referred else []
    advised = bool(signed) and bool(max(signed, key=lambda report: report.version).content.get("transfer"))
    begins = seen.may(BEGIN) and not seen.as_patient and all(one.case.closed_at for one in found)
    act = Act(_("Refer to a hospital"), href=f"{PAGE}from/{application.case_id}/") if begins else None
    if not found and not advised and act is None:
        return {"referred": None}
    rows = [
        {
            "number": one.case.number, "place": get_full_name(one.target_id), "appointment": one.appointment_at,
            "href": f"{PAGE}{one.case_id}/" if seen.capacities & INVOLVED else "",
            "state": show.badge(one.case.state, REFERRAL),
        }
        for one in found
    ]  # fmt: skip
    return {"referred": {"rows": rows, "act": act, "advised": advised and not found, "early": early and not found}}
