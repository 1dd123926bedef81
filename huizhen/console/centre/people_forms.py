"""The forms of a member of staff: a new one, the account, a doctor's data, one more role."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from huizhen.console.centre.fields import day_field
from huizhen.console.centre.meanwhile import say_meanwhile
from huizhen.console.centre.organisation_forms import list_places
from huizhen.console.choices import offer
from huizhen.kernel.clock import now
from huizhen.people.accounts import actions as accounts
from huizhen.people.accounts import queries as account_queries
from huizhen.people.accounts.requests import By
from huizhen.people.accounts.rules import BadPhone, read_phone
from huizhen.people.credentials import actions as credentials
from huizhen.people.credentials import queries as doctors
from huizhen.people.organisations import actions as organisations
from huizhen.people.organisations.queries import WORKING_ROLES
from huizhen.people.seen import ChangedMeanwhile
from huizhen.people.staff.actions import employ

SPECIALTIES = 3
FIRST_YEAR = 1950


class RoleForm(forms.Form):
    """One of the working roles, at one place of the region."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", "—"), *WORKING_ROLES])
    place = forms.ChoiceField(label=gettext_lazy("Where"))

    def __init__(self, *args: Any, region: Collection[UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "place", [("", "—"), *list_places(region)])
        self.fields["place"].help_text = _("A role reaches over all that lies below the place.")

    def give(self, account_id: UUID, by: By) -> bool:
        """Give the role, or say in the form why not."""
        data = self.cleaned_data
        try:
            organisations.add_membership(account_id, UUID(data["place"]), data["role"], **by)
        except organisations.RolesClash:
            self.add_error("role", _("This person holds this role there already."))
            return False
        return True


class NewPersonForm(RoleForm):
    """A new account with its first role. The one whom it belongs to sets the password, by the invitation."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    username = forms.CharField(
        label=gettext_lazy("Log-in name"), max_length=59,
        help_text=gettext_lazy("Small letters, digits, dots and dashes, for example zhou.lan. It stays for good."),
    )  # fmt: skip
    email = forms.EmailField(label=pgettext_lazy("field", "E-mail"), required=False)
    phone = forms.CharField(
        label=gettext_lazy("Mobile number"), required=False,
        help_text=gettext_lazy("For messages. Afterwards only its ends are shown."),
    )  # fmt: skip
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    field_order = ("name", "username", "role", "place", "email", "phone", "language")

    def clean_phone(self) -> str:
        """Raises ValidationError where the text is no phone number."""
        try:
            return read_phone(text) if (text := self.cleaned_data["phone"]) else ""
        except BadPhone:
            raise forms.ValidationError(_("This is not a phone number.")) from None

    def store(self, by: By) -> Any:
        """Make the account and give the role; None where the form says why not."""
        data = self.cleaned_data
        kept = {name: data[name] for name in ("username", "name", "role", "email", "phone", "language")}
        try:
            return employ(organisation_id=UUID(data["place"]), **kept, **by)
        except accounts.NameTaken:
            self.add_error("username", _("This log-in name is in use, or not one that staff may have."))
        return None


class AccountForm(forms.Form):
    """What others may correct of an account."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    email = forms.EmailField(label=pgettext_lazy("field", "E-mail"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def store(self, account_id: UUID, by: By, seen: str) -> bool:
        """Save it, or say in the form why not."""
        try:
            accounts.change_staff(account_id, **self.cleaned_data, seen=seen, **by)
        except ChangedMeanwhile:
            row = account_queries.get_account(account_id)
            say_meanwhile(self, account_queries.describe(row) if row else {})
            return False
        return True


class DoctorForm(forms.Form):
    """Title, specialties and licence. Whether consultations are taken, and how many, is kept with the calendar."""

    title = forms.ChoiceField(label=pgettext_lazy("doctor", "Title"), choices=[("", "—"), *doctors.TITLES])
    subspecialty = forms.CharField(label=gettext_lazy("Focus"), max_length=200, required=False)
    licence_number = forms.CharField(label=gettext_lazy("Licence number"), max_length=40, required=False)
    licence_valid_from = day_field(gettext_lazy("Licence valid from"), required=False)
    licence_valid_until = day_field(gettext_lazy("Licence valid until"), required=False)
    practising_since = forms.IntegerField(
        label=gettext_lazy("Practising since (year)"), required=False, min_value=FIRST_YEAR
    )
    introduction = forms.CharField(
        label=gettext_lazy("Introduction"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None, *, doctor: Any, place: UUID | None, auto_id: str) -> None:
        shown = doctors.describe(doctor) if doctor else {}
        codes = shown.get("specialties", [])
        seats = {_seat(number): code for number, code in enumerate(codes, 1)}
        super().__init__(data, initial={**shown, **seats}, auto_id=auto_id)
        self.doctor, self.place = doctor, place
        offered = [("", "—"), *doctors.list_specialties()]
        self.seats = [_seat(number) for number in range(1, max(SPECIALTIES, len(codes) + 1) + 1)]
        for number, name in enumerate(self.seats, 1):
            self.fields[name] = forms.ChoiceField(
                label=_("Specialty %(n)s") % {"n": number}, choices=offered, required=number == 1
            )
        self.order_fields(["title", *self.seats])

    def clean(self) -> dict[str, Any]:
        """Adds `specialties`; raises ValidationError at what cannot be."""
        data = super().clean() or {}
        data["specialties"] = sorted({code for name in self.seats if (code := data.get(name))})
        starts, ends = data.get("licence_valid_from"), data.get("licence_valid_until")
        if starts and ends and ends < starts:
            self.add_error("licence_valid_until", _("A licence ends after it begins."))
        since = data.get("practising_since")
        if since and since > _today().year:
            self.add_error("practising_since", _("This year lies ahead."))
        return data

    def store(self, account_id: UUID, by: By, seen: str) -> bool:
        """Register or change the doctor, or say in the form why not."""
        facts = {name: value for name, value in self.cleaned_data.items() if name not in self.seats}
        try:
            if self.doctor:
                credentials.change_practitioner(self.doctor.pk, seen=seen, **facts, **by)
            elif self.place:
                credentials.register_practitioner(account_id, self.place, **facts, **by)
        except ChangedMeanwhile:
            row = doctors.get_practitioner_of(account_id)
            present = doctors.describe(row) if row else {}
            say_meanwhile(self, {name: value for name, value in present.items() if name in self.fields})
            return False
        return True


def _seat(number: int) -> str:
    return f"specialty_{number}"


def _today() -> date:
    return now().date()
