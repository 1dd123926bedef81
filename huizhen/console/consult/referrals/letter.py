"""The doctor's desk: the letter piece by piece with its sources, the preview, the signature."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from huizhen.console.consult.referrals import links
from huizhen.console.consult.referrals.page import crumbs, head, pieces
from huizhen.console.refusals import REFUSALS, say, status_of
from huizhen.consult.referrals import actions
from huizhen.consult.referrals.access import Seen, access_referral
from huizhen.consult.referrals.flow import WRITE
from huizhen.consult.referrals.queries import get_consent
from huizhen.consult.referrals.rules import PIECES
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request


@login_required
def write(request: Request, referral_id: UUID) -> HttpResponse:
    """Show the letter; keep it; keep and look at the PDF; keep and sign."""
    seen = access_referral(request.actor, referral_id, to=WRITE)
    if request.method != "POST":
        if seen.referral.approved_at or seen.referral.case.closed_at:
            return redirect(links.referral(referral_id))
        return _page(request, seen)
    texts = {key: request.POST[key] for key in PIECES if key in request.POST}
    act = request.POST.get("act", "keep")
    try:
        actions.save_letter(request.actor, referral_id, texts, pictures="pictures" in request.POST, at=now())
        if act == "sign":
            actions.sign_letter(request.actor, referral_id, at=now())
    except REFUSALS as error:
        again = access_referral(request.actor, referral_id, to=WRITE)
        return _page(request, again, error=say(error), typed=texts, status=status_of(error))
    if act == "sign":
        messages.success(request, _("Signed. The letter is on its way; everybody is told."))
        return redirect(links.referral(referral_id))
    if act == "preview":
        return redirect(links.act(referral_id, "letter/preview.pdf"))
    messages.success(request, _("The letter is kept."))
    return redirect(links.act(referral_id, "letter"))


@login_required
@xframe_options_sameorigin
def preview(request: Request, referral_id: UUID) -> HttpResponse:
    """The letter as it would be signed now, without signature."""
    pdf = actions.preview(request.actor, referral_id, at=now())
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="preview.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _page(
    request: Request, seen: Seen, *, error: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    shown = [{**one, "text": (typed or {}).get(one["key"], one["text"])} for one in pieces(seen)]
    context = {
        "case": head(seen), "crumbs": crumbs(seen, _("Letter")), "pieces": shown, "error": error,
        "pictures": seen.referral.content["pictures"], "consent": get_consent(seen.referral, at=now()),
        "add_consent": links.act(seen.referral.case_id, "consent"),
    }  # fmt: skip
    return render(request, "consult/referrals/letter.html", context, status=status)
