"""The experts' opinions side by side: where they agree at a glance, and where they do not."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links, show
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.findings.rules import lay_side_by_side
from huizhen.kernel.access import NotVisible
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request


@login_required
def page(request: Request, case_id: UUID) -> HttpResponse:
    """A column for each opinion the reader may read, a row for each thing said; rows that differ are marked."""
    seen = access_joint(request.actor, case_id)
    signed = [one for one in seen.opinions() if one.signed_at]
    if not signed:
        raise NotVisible(case_id)
    english = (get_language() or "").startswith("en")
    people = show.People(one.expert_id for one in signed)
    chair = next((i.expert_id for i in seen.application.invitations.all() if i.is_chair), None)
    rows = lay_side_by_side([one.structured for one in signed], english=english)
    context: dict[str, Any] = {
        "case": head(seen, list_deadlines(case_id)), "crumbs": crumbs(seen, _("Side by side")),
        "columns": [
            {
                "who": people.person(one.expert_id, one.expert.name), "chair": one.expert_id == chair,
                "stance": one.get_stance_display(), "differs": one.stance != "agree",
            }
            for one in signed
        ],
        "rows": [*rows, *_words(signed)], "back": links.case(case_id),
    }  # fmt: skip
    return render(request, "consult/joint/compare.html", context)


def _words(signed: list[Any]) -> list[dict[str, Any]]:
    """What was written freely. Whether two texts differ is for the reader to judge: only the stance marks a row."""
    labels = (
        ("findings", _("Findings")),
        ("assessment", _("Assessment")),
        ("advice", _("Advice")),
        ("stance_reason", _("Where it differs in the expert's words")),
    )
    return [
        {"label": label, "cells": [getattr(one, name) for one in signed], "differs": name == "stance_reason"}
        for name, label in labels
        if any(getattr(one, name).strip() for one in signed)
    ]
