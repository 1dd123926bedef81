"""Pages of parts: each looks again when a pulse says that something changed, and those that do so together ask once."""

from collections.abc import Collection, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render


def asked_parts(request: HttpRequest, known: Collection[str]) -> list[str]:
    """The parts that `?part=head,next` names; none: the whole page.

    Raises:
        Http404: the page has no such part.
    """
    parts = [name for name in request.GET.get("part", "").split(",") if name]
    if not set(parts) <= set(known):
        raise Http404
    return list(dict.fromkeys(parts))


def render_parts(request: HttpRequest, folder: str, parts: Sequence[str], context: dict[str, Any]) -> HttpResponse:
    """One after the other; the page finds each by its id. `context` is what the templates `_<part>.html` of the folder
    are given."""
    return render(request, "_parts.html", {**context, "parts": [f"{folder}/_{part}.html" for part in parts]})
