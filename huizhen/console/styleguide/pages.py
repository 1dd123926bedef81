"""The living style page: every component, and every page of the console with invented content.

Served only in the demonstration and in development; touches no database.
"""

import io

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from PIL import Image, ImageDraw

from huizhen.console import errors
from huizhen.console.styleguide.demo import people
from huizhen.console.styleguide.demo.components import everything
from huizhen.console.styleguide.demo.pages import PAGES
from huizhen.people.accounts.requests import Request


def components(request: Request) -> HttpResponse:
    """Every component once, in the reader's language."""
    people.sign_in(request, "coordinator")
    return render(request, "styleguide/components.html", {**everything(), "pages": sorted(PAGES)})


def page(request: Request, name: str) -> HttpResponse:
    """One page of the console, filled with invented content."""
    if name not in PAGES:
        raise Http404
    sample = PAGES[name]
    if sample.role:
        people.sign_in(request, sample.role)
    return render(request, sample.template, sample.context())


def error(request: HttpRequest, status: int) -> HttpResponse:
    """An error page as it would look; 419 stands for the refused form."""
    if status == 419:
        return errors.csrf_failed(request)
    if status not in errors.PAGES:
        raise Http404
    return errors.respond(request, status)


def frame(request: HttpRequest, n: int) -> HttpResponse:
    """A drawn slice, so that the viewer has something to turn through."""
    picture = Image.new("L", (512, 512), 4)
    pen = ImageDraw.Draw(picture)
    wide = 150 + min(n, 24 - n) * 6
    bright = 30 if request.GET.get("window") == "lung" else 70
    pen.ellipse((256 - wide, 110, 256 + wide, 430), fill=120, outline=190, width=6)
    for side in (-1, 1):
        middle = 256 + side * wide * 0.48
        pen.ellipse((middle - wide * 0.36, 160, middle + wide * 0.36, 380), fill=bright)
    pen.ellipse((236, 350, 276, 392), fill=225)
    if 8 < n < 15:
        pen.ellipse((330, 225, 352, 247), fill=170)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return HttpResponse(target.getvalue(), content_type="image/png", headers={"Cache-Control": "private, max-age=600"})
