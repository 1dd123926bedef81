"""The staff of an operator's region: found, looked after, invited, closed; roles given and ended."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huizhen.console.centre import history
from huizhen.console.centre.organisation_forms import list_places
from huizhen.console.centre.people_forms import AccountForm, DoctorForm, NewPersonForm, RoleForm
from huizhen.console.centre.tabs import tabs
from huizhen.console.shapes import Crumb
from huizhen.kernel.access import NotAllowed
from huizhen.people.accounts import access, actions, queries
from huizhen.people.accounts.requests import Request, acting
from huizhen.people.accounts.rules import mask_phone
from huizhen.people.credentials.queries import describe as describe_doctor
from huizhen.people.credentials.queries import get_practitioner_of, list_specialties
from huizhen.people.organisations import actions as organisations
from huizhen.people.organisations.access import MEMBERS_MANAGE, access_membership
from huizhen.people.organisations.queries import WORKING_ROLES, get_full_name
from huizhen.people.seen import stamp
from huizhen.people.staff.access import access_member, access_region
from huizhen.people.staff.queries import list_staff

HERE = "/centre/people/"
ASKED = ("q", "role", "specialty", "place", "state")


@login_required
def index(request: Request) -> HttpResponse:
    """Everybody, by name; searched by words, role, specialty, place; closed accounts apart."""
    region = access_region(request.actor)
    query = {name: request.GET.get(name, "").strip() for name in ASKED}
    number = int(request.GET["page"]) if request.GET.get("page", "").isdigit() else 1
    found = list_staff(
        region, text=query["q"], role=query["role"], specialty=query["specialty"], organisation_id=_key(query["place"]),
        closed=query["state"] == "closed", page=number,
    )  # fmt: skip
    asked = {name: value for name, value in query.items() if value}
    context = {
        "rows": found.rows, "total": found.total, "query": query, "roles": WORKING_ROLES, "tabs": tabs(HERE),
        "specialties": list_specialties(), "where": list_places(region),
        "first": f"?{urlencode(asked)}" if number > 1 else "",
        "next": f"?{urlencode({**asked, 'page': found.next_page})}" if found.next_page else "",
    }  # fmt: skip
    return render(request, "centre/people.html", context)


@login_required
def new(request: Request) -> HttpResponse:
    """A new account with its first role."""
    region = access_region(request.actor)
    form = NewPersonForm(request.POST or None, region=region, initial={"place": request.GET.get("place", "")})
    if request.method == "POST" and form.is_valid() and (made := form.store(acting(request))):
        messages.success(request, _("The account is made. Now make the invitation link and hand it over."))
        return redirect("centre-person", account_id=made.pk)
    context = {"form": form, "crumbs": _crumbs(_("New person"))}
    return render(request, "centre/person_new.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
def page(request: Request, account_id: UUID) -> HttpResponse:
    """One of them: account, doctor's data, roles, and what stood before.

    Raises:
        NotVisible: of another region, or the reader is no operator.
        NotAllowed: something is sent about somebody whom the administrators look after.
    """
    return _show(request, account_id)


@login_required
@never_cache
@require_POST
def invite(request: Request, account_id: UUID) -> HttpResponse:
    """Make the link by which the first password is set. It is shown once, on the page that answers."""
    access_member(request.actor, account_id)
    return _show(request, account_id, link=actions.invite(account_id, **acting(request)))


@login_required
@require_POST
def close(request: Request, account_id: UUID) -> HttpResponse:
    """Close the account; its sessions end."""
    return _act(request, account_id, actions.deactivate, _("Closed; all sessions have ended."))


@login_required
@require_POST
def reopen(request: Request, account_id: UUID) -> HttpResponse:
    """Open the account again."""
    return _act(request, account_id, actions.reactivate, _("Open again."))


@login_required
@require_POST
def end_role(request: Request, membership_id: UUID) -> HttpResponse:
    """End a role."""
    access_region(request.actor)
    found = access_membership(request.actor, membership_id, to=MEMBERS_MANAGE)
    organisations.end_membership(membership_id, **acting(request))
    messages.success(request, _("The role has ended."))
    return redirect("centre-person", account_id=found.account_id)


def _act(request: Request, account_id: UUID, act: Callable[..., Any], done: str) -> HttpResponse:
    access_member(request.actor, account_id)
    act(account_id, **acting(request))
    messages.success(request, done)
    return redirect("centre-person", account_id=account_id)


def _show(request: Request, account_id: UUID, link: str = "") -> HttpResponse:
    region = access_region(request.actor)
    member = access_member(request.actor, account_id)
    account = access.access_account(request.actor, account_id, to=access.SEE)
    which = request.POST.get("form", "")
    sent = {name: request.POST if which == name else None for name in ("account", "doctor", "role")}
    doctor = get_practitioner_of(account_id)
    keeps, gives = member.is_kept, member.takes_roles
    if which and not (gives if which == "role" else keeps):
        raise NotAllowed(which)
    forms: dict[str, Any] = {
        "account": AccountForm(sent["account"], initial=queries.describe(account), auto_id="account_%s"),
        "doctor": DoctorForm(sent["doctor"], doctor=doctor, place=account.home_id, auto_id="doctor_%s"),
        "role": RoleForm(sent["role"], region=region, initial={"place": account.home_id}, auto_id="role_%s"),
    }
    if which in forms and forms[which].is_valid() and _store(request, account_id, which, forms[which]):
        messages.success(request, _("Saved. What stood there before is kept."))
        return redirect("centre-person", account_id=account_id)
    account, doctor = queries.get_account(account_id) or account, get_practitioner_of(account_id)
    context = {
        "member": member, "account": account, "doctor": doctor, "forms": forms, "keeps": keeps, "gives": gives,
        "home": get_full_name(account.home_id) if account.home_id else "",
        "phone": mask_phone(account.phone) if account.phone else "", "link": link, "crumbs": _crumbs(member.name),
        "may_invite": keeps and account.is_active and not account.has_usable_password(),
        "seen": {
            "account": stamp(queries.describe(account)), "doctor": stamp(describe_doctor(doctor)) if doctor else "",
        },
        "history": history.tell(("account", account_id), *([("practitioner", doctor.pk)] if doctor else [])),
        "language": dict(forms["account"].fields["language"].choices).get(account.language, account.language),
    }  # fmt: skip
    return render(request, "centre/person.html", context, status=422 if which else 200)


def _store(request: Request, account_id: UUID, which: str, form: Any) -> bool:
    if which == "role":
        return bool(form.give(account_id, acting(request)))
    return bool(form.store(account_id, acting(request), request.POST.get("seen", "")))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _crumbs(last: str) -> list[Crumb]:
    return [Crumb(pgettext("navigation", "Staff"), HERE), Crumb(last)]
