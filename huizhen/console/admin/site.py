"""The back office itself: who may enter, and how one logs in."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.templatetags.static import static
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from huizhen.console.assets import entry
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of
from huizhen.people.organisations.access import MEMBERS_SEE, may_anywhere

AUDIT_ROLE = "audit_admin"
STYLED_BY = "office/main.ts"  # its script stands in the place of unfold's Alpine, see there


class BackOffice(UnfoldAdminSite):
    """For system, security and audit administrators; for everybody else it is not there."""

    site_title = site_header = _("Huizhen back office")
    index_title = _("Master data")
    enable_nav_sidebar = False
    index_template, app_index_template = "back_office/index.html", "back_office/app_index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether anything in here is for this person."""
        actor = actor_of(request)
        return request.user.is_authenticated and (may_anywhere(actor, MEMBERS_SEE) or AUDIT_ROLE in actor.roles())

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """The titles above, which unfold would take from settings; its colours in a file, not in the page."""
        own = entry(STYLED_BY)
        return context | {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_favicons": [{"rel": "icon", "type": "image/svg+xml", "href": static("mark.svg")}],
            "colors": None,
            "styles": [static(path) for path in own.styles] if own else [],
        }

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The house's own log-in, with its second factor.

        Raises:
            NotVisible: somebody is logged in and has no business here.
        """
        if request.user.is_authenticated:
            raise NotVisible(request.path)
        wanted = request.GET.get("next", resolve_url("admin:index"))
        return HttpResponseRedirect(f"{resolve_url('account_login')}?{urlencode({'next': wanted})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The house's own log-out."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The house's own page, which asks for the second factor too."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Likewise."""
        return redirect("account_change_password")


site = BackOffice(name="admin")
