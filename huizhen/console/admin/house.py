"""Practitioners, specialties, archives, holidays and the audit in the back office."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from huizhen.console.admin.masters import Master, adopt
from huizhen.console.admin.passwords import PasswordForm, password_field
from huizhen.console.admin.site import AUDIT_ROLE, site
from huizhen.kernel.audit import gather
from huizhen.kernel.audit.access import access_entries
from huizhen.people.accounts import access as account_access
from huizhen.people.accounts.requests import acting, actor_of
from huizhen.people.credentials import access, actions

SPECIALTY = apps.get_model("people", "Specialty")
FACTS = (
    "title",
    "subspecialty",
    "licence_number",
    "licence_valid_from",
    "licence_valid_until",
    "practising_since",
    "introduction",
    "weekly_limit",
)


class PractitionerForm(ModelForm):
    """Specialties are chosen from the catalogue; the action stores them."""

    chosen = forms.ModelMultipleChoiceField(
        label=_("Specialties"), queryset=SPECIALTY.objects.all(), widget=UnfoldAdminSelectMultipleWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "chosen" in self.fields and not self.instance._state.adding:
            self.fields["chosen"].initial = self.instance.specialties.all()


@admin.register(apps.get_model("people", "Practitioner"), site=site)
class PractitionerAdmin(Master):
    """Doctors: title, specialties, licence."""

    see, manage, place = access.MANAGE, access.MANAGE, "organisation_id"
    form = PractitionerForm
    fields = ("account", "organisation", *FACTS[:1], "chosen", *FACTS[1:], "accepting")
    list_display = ("account", "title", "organisation", "licence_valid_until", "accepting")
    list_filter = ("title", "accepting")
    list_select_related = ("account", "organisation")
    search_fields = ("account__name", "subspecialty")
    autocomplete_fields = ("account", "organisation")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A doctor's account and organisation stay; a new practitioner takes consultations."""
        return ("account", "organisation") if obj else ("accepting",)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Through the actions of credentials."""
        facts = {name: getattr(obj, name) for name in FACTS}
        codes = [row.pk for row in form.cleaned_data["chosen"]]
        by = acting(request)
        if change:
            actions.change_practitioner(obj.pk, specialties=codes, accepting=obj.accepting, **facts, **by)
            return
        made = actions.register_practitioner(obj.account_id, obj.organisation_id, specialties=codes, **facts, **by)
        adopt(obj, made)


@admin.register(SPECIALTY, site=site)
class SpecialtyAdmin(Master):
    """The catalogue of specialties."""

    fields = ("code", "name", "name_en", "parent")
    list_display = ("code", "name", "name_en", "parent")
    list_select_related = ("parent",)
    search_fields = ("code", "name", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A code is given once."""
        return ("code",) if obj else ()


class PacsForm(PasswordForm):
    """An archive with its password."""

    address_in, password_in = "address", "password"
    password = password_field()


@admin.register(apps.get_model("records", "Pacs"), site=site)
class PacsAdmin(Master):
    """Hospitals' picture archives: where they are reached, and as whom. The password is never shown again."""

    list_display = ("name", "organisation", "address", "active")
    list_filter = ("active",)
    list_select_related = ("organisation",)
    autocomplete_fields = ("organisation",)
    form = PacsForm
    fields = ("organisation", "name", "address", "username", "password", "active")


@admin.register(apps.get_model("records", "Station"), site=site)
class StationAdmin(Master):
    """Scanners and archives that may send images to us."""

    list_display = ("name", "organisation", "ae_title", "address", "active")
    list_filter = ("active",)
    list_select_related = ("organisation",)
    autocomplete_fields = ("organisation",)
    fields = ("organisation", "name", "ae_title", "address", "active")


@admin.register(apps.get_model("records", "UnknownCaller"), site=site)
class UnknownCallerAdmin(Master):
    """Who wanted to send images and was refused; nobody writes here."""

    list_display = ("ae_title", "address", "tries", "first_at", "last_at")
    ordering = ("-last_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(apps.get_model("kernel", "Holiday"), site=site)
class HolidayAdmin(Master):
    """Public holidays and swapped working days."""

    list_display = ("date", "kind", "name", "source")
    list_filter = ("kind", "source")
    date_hierarchy = "date"


@admin.register(apps.get_model("kernel", "AuditEntry"), site=site)
class AuditEntryAdmin(Master):
    """The audit, for audit administrators; nobody writes here."""

    see = manage = account_access.SEE
    list_display = ("at", "actor_name", "action", "subject_kind", "subject_id")
    list_filter = ("action",)
    search_fields = ("actor_name", "action", "subject_id")
    show_full_result_count = False

    def may(self, request: HttpRequest, permission: str) -> bool:
        """By role, because the audit is not the system administrator's."""
        return AUDIT_ROLE in actor_of(request).roles()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with what was read a moment ago."""
        gather()
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Entries of one's own organisations, and those of none, such as failed log-ins; newest first."""
        places = access_entries(actor_of(request))
        rows: QuerySet[Any] = admin.ModelAdmin.get_queryset(self, request).order_by("-id")
        if places is None:
            return rows
        return rows.filter(Q(organisation_id__in=places) | Q(organisation_id__isnull=True))
