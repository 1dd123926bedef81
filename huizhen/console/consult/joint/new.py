"""Applying, step by step. Each step is kept as a draft when it is posted; sending happens once per draft."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import links, material, new_forms, new_patient, review
from huizhen.console.consult.joint.brought import Ticks, sort_runs
from huizhen.console.consult.joint.steps import Draft, frame, load
from huizhen.console.consult.joint.usual import list_usual
from huizhen.console.refusals import REFUSALS, say, status_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.queries import list_drafts
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.records.acting import day_of
from huizhen.records.documents.access import list_documents
from huizhen.records.imaging.access import access_import, list_studies
from huizhen.records.imaging.queries import list_study_ids
from huizhen.records.patients.access import access_patient

KEPT = ("purpose", "question", "summary", "specialty", "wants_meeting")


@login_required
def start(request: Request) -> HttpResponse:
    """Begin with the patient, or go on with a draft."""
    review.check_applicant(request.actor)
    return _patient_step(request, Draft(None, {}))


@login_required
def patient(request: Request, draft_id: UUID) -> HttpResponse:
    """Change the patient of a draft."""
    return _patient_step(request, load(request, draft_id))


def _patient_step(request: Request, draft: Draft) -> HttpResponse:
    step = new_patient.Step(request.actor, request.POST, draft)
    if request.method == "POST" and request.POST.get("act") != "find":
        chosen = step.choose(at=now())
        if chosen is not None:
            kept = actions.save_draft(request.actor, draft.with_patient(chosen), at=now(), draft_id=draft.id)
            return redirect(links.step(kept.id, "question"))
    drafts = list_drafts(request.user.pk) if draft.id is None and request.method != "POST" else []
    context = {**frame(draft, 1), **step.context(), "drafts": [review.draft_row(one) for one in drafts]}
    return render(request, "consult/joint/new/patient.html", context, status=step.status)


@login_required
def question(request: Request, draft_id: UUID) -> HttpResponse:
    """What is asked. Typed halfway it is kept too."""
    draft = load(request, draft_id)
    form = new_forms.Question(request.POST or None, initial=draft.content)
    if request.method == "POST":
        typed: dict[str, Any] = {name: request.POST.get(name, "") for name in KEPT}
        typed["wants_meeting"] = bool(typed["wants_meeting"])
        actions.save_draft(request.actor, {**draft.content, **typed}, at=now(), draft_id=draft_id)
        if form.is_valid():
            return redirect(links.step(draft_id, "materials"))
    status = 422 if form.errors else 200
    return render(request, "consult/joint/new/question.html", {**frame(draft, 2), "form": form}, status=status)


@login_required
def materials(request: Request, draft_id: UUID) -> HttpResponse:
    """Uploads become part of the patient's record at once; what lies there already can be ticked."""
    draft, faults = load(request, draft_id), []
    if request.method == "POST":
        content = {**draft.content, **ticked(request.POST)}
        try:
            taken = material.take(request.actor, draft.patient_id, request.POST, at=now())
            content["documents"] = [*dict.fromkeys([*content["documents"], *map(str, taken.documents)])]
            content["imports"] = [*content.get("imports", ()), *map(str, taken.imports)]
        except REFUSALS as error:
            faults = [say(error)]
        actions.save_draft(request.actor, content, at=now(), draft_id=draft_id)
        if not faults:
            return redirect(links.step(draft_id, "consent"))
        draft = load(request, draft_id)
    context = {**frame(draft, 3), "faults": faults, "endpoint": "/api/v1/uploads", **on_file(request, draft)}
    return render(request, "consult/joint/new/materials.html", context, status=422 if faults else 200)


def ticked(sent: QueryDict) -> dict[str, list[str]]:
    """The boxes of a form as the draft keeps them."""
    return {
        "documents": [str(key) for key in material.keys(sent.getlist("have_document"))],
        "studies": [str(key) for key in material.keys(sent.getlist("have_study"))],
        "left_out": Ticks.read(sent).left_out,
    }


def on_file(request: Request, draft: Draft) -> dict[str, Any]:
    """What lies in the patient's record, what of it is chosen, and what became of the imports."""
    person = access_patient(request.actor, draft.patient_id)
    runs = [access_import(request.actor, UUID(key)) for key in reversed(draft.content.get("imports", ()))]
    brought = set(list_study_ids(run.id for run in runs)) if runs else set()
    ticks = Ticks.of_draft(draft.content)
    documents, studies = list_documents(request.actor, person), list_studies(request.actor, person)
    chosen = {one.id for one in studies if ticks.has(one.id, brought=one.id in brought)}
    return {
        "have_documents": [(material.to_file(one), ticks.has(one.id, brought=False)) for one in documents],
        "have_studies": [(one.id, material.study_label(one), one.id in chosen) for one in studies],
        "wanted": list_usual(
            [one for one in studies if one.id in chosen], {one.kind for one in documents if one.id in ticks.ticked},
            today=day_of(now()),
        ),
        **sort_runs(runs),
    }  # fmt: skip


@login_required
def progress(request: Request, draft_id: UUID) -> HttpResponse:
    """How far the imports of a draft are; the page asks by itself and says which boxes are ticked by now."""
    draft = load(request, draft_id)
    if "shown" in request.GET:
        draft = replace(draft, content={**draft.content, **ticked(request.GET)})
    context = {"draft_id": draft_id, **on_file(request, draft)}
    return render(request, "consult/joint/new/_imports.html", context)


@login_required
def consent(request: Request, draft_id: UUID) -> HttpResponse:
    """The patient's consent, on paper where a doctor applies, and how fast it must go."""
    draft = load(request, draft_id)
    own = draft.patient_id in request.actor.patient_ids
    form = new_forms.Consent(request.POST or None, initial=draft.content, own=own)
    faults = []
    if request.method == "POST":
        content = {**draft.content, **{name: request.POST.get(name, "") for name in ("urgency", "urgent_why")}}
        content["agreed"] = bool(request.POST.get("agreed"))
        papers = material.keys(request.POST.getlist("paper"))
        content["paper"] = str(papers[-1]) if papers else ""
        if not own and not papers:
            faults = [_("Add the signed form as a photo or PDF.")]
        actions.save_draft(request.actor, content, at=now(), draft_id=draft_id)
        if form.is_valid() and not faults:
            return redirect(links.step(draft_id, "check"))
        draft = load(request, draft_id)
    context = {
        **frame(draft, 4), "form": form, "faults": faults, "own": own, "papers": review.papers(request.actor, draft),
        "consent_text": review.consent_text(request.actor, draft),
    }  # fmt: skip
    return render(request, "consult/joint/new/consent.html", context, status=422 if form.errors or faults else 200)


@login_required
def check(request: Request, draft_id: UUID) -> HttpResponse:
    """Look once more, then send. A second click on the button finds the first one's case."""
    sent = review.find_sent_as(request.actor, draft_id)
    if sent is not None:
        return redirect(links.case(sent.case_id))
    draft = load(request, draft_id)
    found = on_file(request, draft)
    faults: list[str] = []
    if request.method == "POST":
        faults = review.hindrances(draft, found)
        try:
            if not faults:
                application = actions.submit(request.actor, review.to_wanted(draft, found), at=now())
                actions.delete_draft(request.actor, draft_id)
                messages.success(request, _("Sent. The consultation centre has been told."))
                return redirect(links.case(application.case_id))
        except REFUSALS as error:
            faults = [say(error)]
            return _check_page(request, draft, found, faults, status_of(error))
    return _check_page(request, draft, found, faults, 422 if faults else 200)


def _check_page(request: Request, draft: Draft, found: dict[str, Any], faults: list[str], status: int) -> HttpResponse:
    person = access_patient(request.actor, draft.patient_id)
    context = {**frame(draft, 5), **found, **review.context(draft, person, found), "faults": faults}
    return render(request, "consult/joint/new/check.html", context, status=status)


@login_required
@require_POST
def discard(request: Request, draft_id: UUID) -> HttpResponse:
    """Throw a draft away."""
    actions.delete_draft(request.actor, draft_id)
    messages.success(request, _("The draft is thrown away."))
    return redirect("/consult/joint/new/")


def any_step(request: Request, draft_id: UUID, name: str) -> HttpResponse:
    """One of the steps by its name, or how far the imports of a step are."""
    steps = {
        "patient": patient, "question": question, "materials": materials, "progress": progress,
        "consent": consent, "check": check,
    }  # fmt: skip
    if name not in steps:
        raise Http404
    try:
        return steps[name](request, draft_id)
    except KeyError as error:  # a draft without its patient: begin with that
        if error.args != ("patient_id",):
            raise
        return redirect(links.step(draft_id, "patient"))
