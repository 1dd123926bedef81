"""Questions about the report on the case's page, and the experts' answers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import links
from huizhen.console.refusals import REFUSALS, say
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import READ, REPLY
from huizhen.consult.joint.questions import actions
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request

OPEN = ("delivered", "answering", "drafting")


def context(seen: Seen, rows: Iterable[Any]) -> dict[str, Any]:
    """What was asked about the report and answered, and where the reader may answer."""
    application = seen.application
    if not seen.is_report_open or not seen.may(READ):
        return {"questions": []}
    may = seen.may(REPLY) and application.case.state in OPEN
    return {
        "questions": [
            {
                "row": one,
                "reply": links.act(application.case_id, f"questions/{one.id}/reply") if may and not one.answered_at
                else "",
            }
            for one in rows
        ]
    }  # fmt: skip


@login_required
@require_POST
def reply(request: Request, case_id: UUID, question_id: UUID) -> HttpResponse:
    """Answer a question. Refused, the sentence is said on the case's page; what was typed stays in the tab's draft."""
    access_joint(request.actor, case_id, to=REPLY)
    try:
        actions.reply(request.actor, case_id, question_id, answer=request.POST.get("answer", ""), at=now())
        messages.success(request, _("Answered. The applicant and the patient are told."))
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect(links.case(case_id) + "#questions")
