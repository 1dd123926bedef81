"""Organisations, accounts and memberships in the back office."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from huizhen.console.admin import refusals
from huizhen.console.admin.masters import Master, adopt
from huizhen.console.admin.site import site
from huizhen.kernel import clock
from huizhen.people.accounts import access as account_access
from huizhen.people.accounts import actions as accounts
from huizhen.people.accounts import rules as account_rules
from huizhen.people.accounts.requests import By, acting, actor_of
from huizhen.people.organisations import access, rules
from huizhen.people.organisations import actions as organisations


class OrganisationForm(ModelForm):
    """Checks the kind against the place before anything is saved, so that nothing typed is lost."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where the kind cannot lie there."""
        data = super().clean() or {}
        parent, kind = data.get("parent", self.instance.parent), data.get("kind", self.instance.kind)
        if kind and not rules.fits(parent.kind if parent else None, kind):
            raise forms.ValidationError(_("An organisation of this kind cannot lie there."))
        return data


@admin.register(apps.get_model("people", "Organisation"), site=site)
class OrganisationAdmin(Master):
    """The tree. The kind of an organisation stays what it was made as."""

    see, manage, place = access.SEE, access.MANAGE, "pk"
    form = OrganisationForm
    fields = ("parent", "kind", "name", "code", "is_centre")
    list_display = ("name", "kind", "parent", "code", "is_centre")
    list_filter = ("kind", "is_centre")
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    autocomplete_fields = ("parent",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The kind is chosen once."""
        return ("kind",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Through the actions of organisations."""
        by = acting(request)
        rest = {"name": obj.name, "code": obj.code, "is_centre": obj.is_centre}
        if not change:
            made = organisations.create_organisation(parent_id=obj.parent_id, kind=obj.kind, **rest, **by)
            return adopt(obj, made)
        if "parent" in form.changed_data:
            organisations.move_organisation(obj.pk, parent_id=obj.parent_id, **by)
        organisations.change_organisation(obj.pk, **rest, **by)
        return None


@admin.register(apps.get_model("people", "Membership"), site=site)
class MembershipAdmin(Master):
    """Who is what, where. A role is given and ended, never edited."""

    see, manage, place = access.MEMBERS_SEE, access.MEMBERS_MANAGE, "organisation_id"
    fields = ("account", "organisation", "role")
    list_display = ("account", "role", "organisation", "since", "until")
    list_filter = ("role",)
    list_select_related = ("account", "organisation")
    search_fields = ("account__name", "account__username", "organisation__name")
    autocomplete_fields = ("account", "organisation")
    actions = ("end",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Give the role."""
        made = organisations.add_membership(
            obj.account_id,
            obj.organisation_id,
            obj.role,
            actor=actor_of(request),
            at=clock.now(),
        )
        adopt(obj, made)

    @admin.action(description=_("End these roles"))
    def end(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """End each of the chosen roles now."""
        each(request, rows, lambda row, by: organisations.end_membership(row.pk, **by), _("Ended."))


class AccountForm(ModelForm):
    """A new account may carry a phone, which is stored sealed."""

    phone_number = forms.CharField(label=_("Mobile number"), required=False)

    def clean_phone_number(self) -> str:
        """Raises ValidationError where the text is no phone number."""
        try:
            return account_rules.read_phone(text) if (text := self.cleaned_data["phone_number"]) else ""
        except account_rules.BadPhone:
            raise forms.ValidationError(_("This is not a phone number.")) from None


@admin.register(apps.get_model("people", "Account"), site=site)
class AccountAdmin(Master):
    """Staff accounts: made, invited, closed; second factors reset."""

    see, manage, place = account_access.SEE, account_access.CREATE, "home_id"
    form = AccountForm
    fields = ("username", "name", "home", "email", "language", "phone_number")
    list_display = ("name", "username", "home", "is_active", "last_login")
    list_filter = ("is_active",)
    list_select_related = ("home",)
    search_fields = ("name", "username")
    autocomplete_fields = ("home",)
    actions = ("invite", "close", "reopen", "end_sessions", "reset_second_factor")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The phone is asked for once, and afterwards shown masked."""
        return (*self.fields[:-1], "shown_phone", "is_active", "last_login") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Log-in name and home stay."""
        return ("username", "home", "shown_phone", "is_active", "last_login") if obj else ()

    @display(description=_("Mobile number"))
    def shown_phone(self, row: Any) -> str:
        """Only the ends of the number."""
        return account_rules.mask_phone(row.phone) if row.phone else ""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Through the actions of accounts."""
        rest = {"name": obj.name, "email": obj.email, "language": obj.language}
        by = acting(request)
        if change:
            accounts.change_staff(obj.pk, **rest, **by)
            return
        phone = form.cleaned_data["phone_number"]
        made = accounts.create_staff(username=obj.username, organisation_id=obj.home_id, phone=phone, **rest, **by)
        adopt(obj, made)

    @admin.action(description=_("Make an invitation link"))
    def invite(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Show a link for each; it is handed over by the administrator."""
        for row in rows:
            try:
                link = accounts.invite(row.pk, actor=actor_of(request), at=clock.now())
            except refusals.KINDS as error:
                messages.error(request, f"{row}: {refusals.sentence(error)}")
            else:
                messages.success(request, f"{row}: {link}")

    @admin.action(description=_("Close these accounts"))
    def close(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Close each account; its sessions end."""
        each(request, rows, lambda row, by: accounts.deactivate(row.pk, **by), _("Closed; all sessions have ended."))

    @admin.action(description=_("Open these accounts again"))
    def reopen(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Open each account again."""
        each(request, rows, lambda row, by: accounts.reactivate(row.pk, **by), _("Open again."))

    @admin.action(description=_("End all sessions"))
    def end_sessions(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """End every session of each account."""
        each(request, rows, lambda row, by: accounts.end_sessions(row.pk, **by), _("All sessions have ended."))

    @admin.action(description=_("Reset the second factor"))
    def reset_second_factor(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Take away a lost second factor."""
        each(
            request,
            rows,
            lambda row, by: accounts.reset_second_factor(row.pk, **by),
            _("The next log-in enrols a new second factor."),
        )


def each(request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any, By], Any], done: Any) -> None:
    """Do one thing to each chosen row, and say of each whether it worked."""
    by = acting(request)
    for row in rows:
        try:
            act(row, by)
        except refusals.KINDS as error:
            messages.error(request, f"{row}: {refusals.sentence(error)}")
        else:
            messages.success(request, f"{row}: {done}")
