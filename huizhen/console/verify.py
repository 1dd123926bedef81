"""The public page that verifies a report, or a letter, by its code: open to anybody, silent about the patient."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.report.codes import LENGTH, show_code
from huizhen.consult.joint.verification.queries import LOOKS, Paper, find_paper
from huizhen.consult.referrals.verification import find_letter
from huizhen.kernel import limits
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import address_of

LARGEST = 50 * 1024 * 1024
LONGEST = 4 * LENGTH
COPIES = {
    "same": _("This file is, byte for byte, the version that was signed."),
    "other_version": _("This file is another signed version of the same report, not the one of this code."),
    "different": _(
        "This file is not the signed one: it was changed, printed anew or scanned, or it is another document."
    ),
    "too_large": _("This file is larger than any report of ours."),
    "missing": _("Choose the PDF file first."),
}
PROBLEMS = {
    "": _("The electronic signature is valid and the file is unchanged."),
    "expired": _("The signature was valid when it was given; the certificate has expired since."),
    "revoked": _("The signer's certificate has been revoked. Ask the consultation centre."),
}
PROBLEM = _("The signature cannot be confirmed at the moment. Ask the consultation centre and quote the case number.")


def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the code; a typed one leads to its page."""
    code = request.GET.get("code", "").strip()[:LONGEST]
    if code:
        return redirect("verify-report", code=code.replace("/", ""))
    return render(request, "verify/report.html", {"code": "", "asked": False})


def report(request: HttpRequest, code: str) -> HttpResponse:
    """Say what the code stands for; compare an uploaded copy, which is not kept."""
    at = now()
    try:
        limits.count(LOOKS, account="", address=address_of(request), at=at)
    except limits.TooMany as error:
        answer = render(request, "verify/report.html", {"code": "", "asked": False, "too_many": True}, status=429)
        answer["Retry-After"] = str(error.seconds)
        return answer
    paper = find_paper(code, at=at) or find_letter(code, at=at)
    context: dict[str, Any] = {"code": code[:LONGEST], "asked": True, "paper": paper}
    if paper is not None:
        context |= {
            "code": show_code(paper.code), "signature": PROBLEMS.get(paper.problem, PROBLEM),
            "sound": paper.problem in ("", "expired"),
        }  # fmt: skip
        if request.method == "POST":
            copy = _compare(request, paper)
            context |= {"copy": copy, "copy_says": COPIES[copy]}
    answer = render(request, "verify/report.html", context, status=200 if paper else 404)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _compare(request: HttpRequest, paper: Paper) -> str:
    sent = request.FILES.get("copy")
    if sent is None:
        return "missing"
    if (sent.size or 0) > LARGEST:
        return "too_large"
    return str(paper.compare(sent.chunks()))
