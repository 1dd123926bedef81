"""The chair's desk: the draft piece by piece with its sources, the preview, the signature; and the file for readers."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import links, show
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.refusals import REFUSALS, say, status_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import Seen, access_joint, access_report
from huizhen.consult.joint.flow import CHAIR
from huizhen.consult.joint.queries import get_report_in_work, list_signed
from huizhen.consult.joint.report.attribution import Run, attribute, list_unused
from huizhen.consult.joint.report.content import OpinionText, Paragraph
from huizhen.kernel import files
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request

PARTS = ("conclusion", "advice")
SPARE = 1
LONGEST = 4000


@dataclass(frozen=True)
class Piece:
    """One paragraph in the form. `sources`: opinion, expert, whether it rests on it. `traced`: its sentences, divided
    where their authors change, and whose words they are, as the paper names them."""

    name: str
    number: int
    text: str
    sources: tuple[tuple[str, str, bool], ...]
    traced: tuple[tuple[str, str], ...] = ()


@login_required
def write(request: Request, case_id: UUID) -> HttpResponse:
    """Show the draft; keep it; keep and look at the PDF; keep, approve and sign."""
    seen = access_joint(request.actor, case_id, to=CHAIR)
    if request.method != "POST":
        report = get_report_in_work(seen.application.id)
        if report is None or report.approved_at:
            return redirect(links.case(case_id))
        return _page(request, seen, report.content, report)
    content = read(request.POST)
    act, taken = request.POST.get("act", "keep"), request.POST.get("take", "")
    if taken:
        content = take(content, taken, actions.list_texts(seen.application.id))
    try:
        actions.save_report(request.actor, case_id, content, at=now())
        if act == "sign":
            actions.approve_report(request.actor, case_id, at=now())
            messages.success(request, _("Approved. The file is being signed and is delivered in a moment."))
            return redirect(links.case(case_id))
    except REFUSALS as error:
        report = get_report_in_work(seen.application.id)
        kept = {**(report.content if report else {}), **content}
        return _page(request, seen, kept, report, error=say(error), status=status_of(error))
    if act == "preview":
        return redirect(links.act(case_id, "report/preview.pdf"))
    messages.success(request, _("The draft is kept."))
    return redirect(links.act(case_id, "report") + (f"#part-{taken.partition(':')[0]}" if taken else ""))


@login_required
@require_POST
def keep(request: Request, case_id: UUID) -> HttpResponse:
    """Keep what is written so far, by itself while one types."""
    access_joint(request.actor, case_id, to=CHAIR)
    try:
        saved = actions.save_report(request.actor, case_id, read(request.POST), at=now()).updated_at
    except REFUSALS:
        saved = None
    return render(request, "consult/joint/_kept.html", {"saved_at": saved})


@login_required
@xframe_options_sameorigin
def preview(request: Request, case_id: UUID) -> HttpResponse:
    """The report as it would be signed now, without signature."""
    try:
        pdf = actions.preview(request.actor, case_id, at=now())
    except REFUSALS as error:
        messages.error(request, say(error))
        return redirect(links.act(case_id, "report"))
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="preview.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
def download(request: Request, case_id: UUID, version: int) -> FileResponse:
    """A signed version as a file; the download leaves its audit entry."""
    report = access_report(request.actor, case_id, version)
    if report.file is None:
        raise NotVisible(case_id)
    return FileResponse(files.open_file(report.file), headers=files.headers_for_download(report.file))


def read(sent: QueryDict) -> dict[str, Any]:
    """The paragraphs of a form; empty ones are left out."""
    found: dict[str, Any] = {}
    for part in PARTS:
        pieces = []
        for number in range(len(sent.getlist(f"{part}-text"))):
            text = sent.getlist(f"{part}-text")[number].strip()[:LONGEST]
            if text:
                pieces.append({"text": text, "sources": sent.getlist(f"{part}-{number}-source")})
        found[part] = pieces
    return {**found, "transfer": "transfer" in sent}


def take(content: dict[str, Any], taken: str, texts: list[OpinionText]) -> dict[str, Any]:
    """The draft with one more sentence of an opinion (`part:opinion:place`), which is named as its source. A sentence
    that is gone meanwhile changes nothing."""
    part, _colon, rest = taken.partition(":")
    key, _colon, place = rest.partition(":")
    written = [piece["text"] for name in PARTS for piece in content[name]]
    left = list_unused(texts, written).get(key, {}).get(part, ())
    if part in PARTS and place.isdecimal() and int(place) < len(left):
        content[part] = [*content[part], {"text": left[int(place)], "sources": [key]}]
    return content


def _page(
    request: Request, seen: Seen, content: dict[str, Any], report: Any, *, error: str = "", status: int = 200
) -> HttpResponse:
    case_id, signed = seen.application.case_id, list_signed(seen.application.id)
    texts = actions.list_texts(seen.application.id)
    names = {str(one.id): one.expert.name for one in signed}
    people = show.People(one.expert_id for one in signed)
    by_opinion = {str(one.id): people.person(one.expert_id, one.expert.name) for one in signed}
    stances = {str(one.id): one.get_stance_display() for one in signed}
    context = {
        "case": head(seen, list_deadlines(case_id)), "crumbs": crumbs(seen, _("Report")), "error": error,
        "parts": [_part(part, content, names, texts) for part in PARTS], "unused": _unused(content, names, texts),
        "transfer": bool(content.get("transfer")),
        "compare": links.act(case_id, "compare") if len(signed) > 1 else "",
        "dissents": [
            {**one, "who": by_opinion.get(one["opinion"]), "label": stances.get(one["opinion"], "")}
            for one in content.get("dissents", ())
        ],
        "opinions": show.opinions(seen, people, {}), "saved_at": report.updated_at if report else None,
        "keep": links.act(case_id, "report/keep"),
    }  # fmt: skip
    return render(request, "consult/joint/report.html", context, status=status)


def _unused(content: dict[str, Any], names: dict[str, str], texts: list[OpinionText]) -> list[dict[str, Any]]:
    """Sentences of the opinions that the draft does not have, each with what takes it over."""
    written = [piece["text"] for part in PARTS for piece in content.get(part, ())]
    return [
        {"who": names.get(key, ""), "part": part, "says": says, "take": f"{part}:{key}:{place}"}
        for key, parts in list_unused(texts, written).items()
        for part, sentences in parts.items()
        for place, says in enumerate(sentences)
    ]


def _whose(sources: tuple[str, ...], names: dict[str, str]) -> str:
    who = "、".join(names[key] for key in sources if key in names)
    return _("in the words of %(who)s") % {"who": who} if who else _("written or edited by the chair")


def _runs(row: dict[str, Any], texts: list[OpinionText]) -> tuple[Run, ...]:
    return attribute(Paragraph(row["text"], tuple(row["sources"])), texts) if row["text"] else ()


def _part(name: str, content: dict[str, Any], names: dict[str, str], texts: list[OpinionText]) -> dict[str, Any]:
    label = {"conclusion": _("Conclusion"), "advice": _("Advice")}[name]
    rows = [*content.get(name, ()), *({"text": "", "sources": []} for _n in range(SPARE))]
    pieces = [
        Piece(
            name,
            number,
            row["text"],
            tuple((key, who, key in row["sources"]) for key, who in names.items()),
            tuple((run.text, _whose(run.sources, names)) for run in _runs(row, texts)),
        )
        for number, row in enumerate(rows)
    ]
    return {"name": name, "label": label, "pieces": pieces}
