"""What stands around every page: navigation by role, the reader's name, unread messages, the live connection."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.kernel.notify import count_unseen

STAFF = frozenset({"applicant", "coordinator", "team_lead", "expert", "department_head", "operator"})
ADMINS = frozenset({"system_admin", "security_admin", "audit_admin"})


@dataclass(frozen=True)
class Place:
    """One entry of the navigation. `roles` empty: every member of staff. `below`: addresses that belong to it too."""

    href: str
    icon: str
    label: Any
    roles: frozenset[str] = frozenset()
    kind: str = "staff"
    below: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page lies in this place."""
        if self.href in ("/", "/me/"):
            return path == self.href or path.startswith(self.below)
        return path.startswith((self.href, *self.below))


PLACES = (
    Place("/", "worklist", _("Worklist"), STAFF, below=("/consult/joint/case/",)),
    Place("/consult/joint/new/", "add", pgettext_lazy("navigation", "New consultation"), frozenset({"applicant"})),
    Place(
        "/records/patients/",
        "patients",
        _("Patients"),
        frozenset({"applicant", "department_head"}),
        below=("/records/",),
    ),
    Place("/admin/", "people", _("People and places"), ADMINS | {"operator"}),
    Place("/me/", "home", _("My consultations"), kind="patient", below=("/me/consultations/", "/consult/")),
    Place("/me/access/", "eye", _("Who read my record"), kind="patient"),
    Place("/me/consents/", "consent", _("My consents"), kind="patient"),
)


def places_for(kind: str, roles: frozenset[str]) -> list[Place]:
    """The navigation of a person of this kind (`staff` or `patient`) with these roles."""
    return [place for place in PLACES if place.kind == kind and (kind == "patient" or place.roles & roles)]


def live_url(request: HttpRequest) -> str:
    """Where the WebSocket listens: its own port on a laptop, the same address behind a front."""
    host = request.get_host()
    scheme = "wss" if request.is_secure() else "ws"
    name, _colon, port = host.rpartition(":")
    if name and port == str(settings.WEB_PORT):
        return f"{scheme}://{name}:{settings.LIVE_PORT}/ws"
    return f"{scheme}://{host}/ws"


def unread(request: HttpRequest) -> int:
    """How many messages wait to be seen; asked once a request, and never where the request carries the number."""
    if not hasattr(request, "unread"):
        request.unread = count_unseen(request.user.pk)  # type: ignore[attr-defined]
    return request.unread  # type: ignore[attr-defined]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Reads `actor`, `unread`, `live_ticket` and `number` where the request carries them."""
    account = getattr(request, "user", None)
    signed_in = bool(account and account.is_authenticated)
    actor = getattr(request, "actor", None)
    roles = actor.roles() if signed_in and actor else frozenset()
    kind = getattr(account, "kind", "staff") if signed_in else ""
    places = places_for(kind, roles) if signed_in else []
    return {
        "signed_in": signed_in,
        "account_kind": kind,
        "places": [(place, place.holds(request.path)) for place in places],
        "unread": unread(request) if signed_in else 0,
        "live": live_url(request) if signed_in else "",
        "live_ticket": getattr(request, "live_ticket", "") if signed_in else "",
        "request_number": getattr(request, "number", ""),
        "demonstration": settings.DEMO,
    }
