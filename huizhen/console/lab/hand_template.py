"""A platform's own workbook: handed in, its columns named in a form, then filled from the next batch on."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from huizhen.console.choices import offer
from huizhen.console.lab.words import NO_FILE
from huizhen.console.refusals import put_into
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.reporting import access, actions, queries, sheet, workbooks
from huizhen.people.accounts.requests import Request

FIXED = sheet.FIXED


class FileForm(forms.Form):
    """The workbook as the platform gives it out."""

    file = forms.FileField(
        label=gettext_lazy("Template (.xlsx)"), error_messages=NO_FILE,
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text=gettext_lazy(
            "As the platform gives it out. The row with the headings is found; what stands below it is replaced."
        ),
    )  # fmt: skip

    def clean_file(self) -> Any:
        """Not larger than a template is."""
        file = self.cleaned_data["file"]
        if file.size > workbooks.LARGEST:
            raise forms.ValidationError(str(SENTENCES["template_too_large"]))
        return file


class ColumnsForm(forms.Form):
    """For each heading, by its place: what stands below it, or a text that is always the same."""

    may_be_half = True

    def __init__(self, *given: Any, template: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.template = template
        fields = [("", pgettext_lazy("column", "Leave empty")), (FIXED, gettext_lazy("Always the same text")),
                  *((code, field.label) for code, field in sheet.FIELDS.items())]  # fmt: skip
        for place, heading in enumerate(template.headings):
            given_for = template.columns[place]
            is_fixed = given_for.startswith(FIXED)
            self.fields[f"field_{place}"] = forms.ChoiceField(
                label=heading or _("Column %(number)s") % {"number": place + 1}, required=False,
                initial=FIXED if is_fixed else given_for,
            )  # fmt: skip
            offer(self, f"field_{place}", fields)
            self.fields[f"text_{place}"] = forms.CharField(
                label=_("Text, where it is always the same"), required=False, max_length=100,
                initial=given_for.removeprefix(FIXED) if is_fixed else "",
            )  # fmt: skip

        for code, words in ((code, coded.words) for code, coded in sheet.CODED.items()):
            self.fields[f"words_{code}"] = forms.CharField(
                label=sheet.FIELDS[code].label, required=False, initial=sheet.say_words(code, template.words),
                widget=forms.Textarea(attrs={"rows": len(words) + 1, "autocomplete": "off", "spellcheck": "false"}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The platform's own words, each field by itself."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        self.words: dict[str, dict[str, str]] = {}
        for code in sheet.CODED:
            try:
                self.words[code] = sheet.read_words(code, given.get(f"words_{code}", ""))
            except Refused as error:
                self.add_error(f"words_{code}", error.sentences()[code])
        return given

    def word_fields(self) -> list[Any]:
        """The controls of the platform's own words."""
        return [self[f"words_{code}"] for code in sheet.CODED]

    def pairs(self) -> list[dict[str, Any]]:
        """Each heading's two controls."""
        return [
            {"field": self[f"field_{place}"], "text": self[f"text_{place}"]}
            for place, _heading in enumerate(self.template.headings)
        ]

    def columns(self) -> list[str]:
        """As `Template.columns` has them."""
        chosen = (
            (self.cleaned_data[f"field_{place}"], self.cleaned_data[f"text_{place}"].strip())
            for place, _heading in enumerate(self.template.headings)
        )
        return [f"{FIXED}{text}" if code == FIXED and text else "" if code == FIXED else code for code, text in chosen]


@login_required
@require_http_methods(["GET", "POST"])
def page(request: Request, upstream_id: UUID) -> HttpResponse:
    """Which template is filled; another one is handed in, then its columns are named."""
    upstream = access.access_by_hand(request.actor, upstream_id)
    latest = queries.get_template(upstream.id, confirmed=False)
    file_form, columns_form = FileForm(), _columns(latest)
    if request.method == "POST":
        if request.POST.get("act") == "ours":
            actions.use_ours(upstream, actor=request.actor, at=clock.now())
            messages.success(request, _("Our own template is used from the next batch on."))
            return redirect("lab-by-hand-template", upstream.id)
        if request.POST.get("act") == "file":
            file_form = FileForm(request.POST, request.FILES)
        elif columns_form:
            columns_form = _columns(latest, request.POST)
        if _done(request, upstream, latest, file_form, columns_form):
            return redirect("lab-by-hand-template", upstream.id)
    crumbs = [
        Crumb(_("Reporting upstream"), reverse("lab-reporting")),
        Crumb(upstream.name, reverse("lab-by-hand", args=[upstream.id])),
        Crumb(_("Template")),
    ]
    context = {
        "crumbs": crumbs, "upstream": upstream, "used": queries.get_template(upstream.id), "latest": latest,
        "file_form": file_form, "columns_form": columns_form, "ours": sheet.write_headings(),
    }  # fmt: skip
    failed = bool(file_form.errors or (columns_form and columns_form.errors))
    return render(request, "lab/reporting/template.html", context, status=422 if failed else 200)


def _columns(latest: Any, data: Any = None) -> ColumnsForm | None:
    """The form of columns: of a template that waits for it."""
    return ColumnsForm(data, template=latest) if latest and latest.confirmed_at is None else None


def _done(request: Request, upstream: Any, latest: Any, file_form: FileForm, columns_form: ColumnsForm | None) -> bool:
    """Do what was asked for; False where a form has to be shown again."""
    by: dict[str, Any] = {"actor": request.actor, "at": clock.now()}
    try:
        if file_form.is_bound:
            if not file_form.is_valid():
                return False
            file = file_form.cleaned_data["file"]
            actions.take_template(upstream, file.read(), file.name, **by)
            messages.success(request, _("The headings were found. Look at each column, then use the template."))
        elif columns_form and latest and columns_form.is_bound:
            if not columns_form.is_valid():
                return False
            actions.confirm_template(latest, columns_form.columns(), columns_form.words, **by)
            messages.success(request, _("This template is filled from the next batch on."))
    except Refused as error:
        put_into(file_form if file_form.is_bound or not columns_form else columns_form, error)
        return False
    return True
