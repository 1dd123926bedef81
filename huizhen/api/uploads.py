"""Resumable uploads over HTTP: the thin coat around `kernel.files.tus`. Any tus client works.

`HEAD`, `PATCH` and `DELETE` go to the address that `POST` gives in `Location`. Refusals carry their code in
`Huizhen-Code` and in the body.
"""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse

from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.kernel.files import tus
from huizhen.kernel.files.sentences import REFUSALS

ActorOf = Callable[[HttpRequest], Actor | None]


def urls(actor_of: ActorOf) -> list[URLPattern]:
    """The two addresses; `actor_of` names who asks, None for nobody (401)."""

    def view(request: HttpRequest, file_id: UUID | None = None) -> HttpResponse:
        actor = actor_of(request)
        if actor is None:
            return refusal("not_logged_in", 401)
        return respond(request, file_id, actor)

    return [
        path("uploads", view, name="uploads"),
        path("uploads/<uuid:file_id>", view, name="upload"),
    ]


def respond(request: HttpRequest, file_id: UUID | None, actor: Actor) -> HttpResponse:
    """One tus exchange."""
    asked = tus.Request(
        method=request.method or "",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request,
        file_id=file_id,
    )
    try:
        answer = tus.handle(asked, actor=actor, at=clock.now())
    except OSError:
        # The client is gone; what came before is kept, and it asks with HEAD when it is back.
        return HttpResponse(status=400)
    response: HttpResponse = HttpResponse(status=answer.status)
    if answer.code:
        response = refusal(answer.code, answer.status)
        response["Huizhen-Code"] = answer.code
    if answer.status == 201 and answer.file is not None:
        response["Location"] = reverse("upload", args=[answer.file.id])
    for name, value in answer.headers.items():
        response[name] = value
    return response


def refusal(code: str, status: int) -> HttpResponse:
    """A refusal as a problem (RFC 9457); the codes of files are those of `kernel.files`."""
    body = {"type": f"urn:huizhen:problem:{code}", "title": code.replace("_", " "), "status": status, "code": code}
    if code in REFUSALS:
        body["detail"] = str(REFUSALS[code])
    return JsonResponse(body, status=status, content_type="application/problem+json")
