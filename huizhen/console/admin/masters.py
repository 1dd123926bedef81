"""What all tables of the back office have in common: rights by role, one's own organisations, an audit entry."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from unfold.admin import ModelAdmin

from huizhen.console.admin import history, refusals
from huizhen.kernel import audit, clock
from huizhen.people.accounts.requests import actor_of
from huizhen.people.organisations import access


class Master(ModelAdmin):
    """A table. `see` and `manage` are permissions; rows are those of organisations where `see` is held.

    `place` is the path from a row to its organisation; empty: a table of the whole house. Nothing is ever deleted.
    """

    see: str = access.HOUSE
    manage: str = access.HOUSE
    place: str = ""
    compressed_fields = True
    warn_unsaved_form = True

    def may(self, request: HttpRequest, permission: str) -> bool:
        """Whether the reader holds a permission, somewhere or, for house-wide tables, over the house."""
        actor = actor_of(request)
        return access.may_anywhere(actor, permission) if self.place else access.may_for_house(actor, permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the table is listed."""
        return self.may(request, self.see)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows are shown."""
        return self.may(request, self.see)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether a row can be added."""
        return self.may(request, self.manage)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether a row can be changed."""
        return self.may(request, self.manage)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: things end, they do not disappear."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of one's own organisations."""
        rows = super().get_queryset(request)
        if not self.place:
            return rows
        places = access.places_for(actor_of(request), self.see)
        return rows.filter(**{f"{self.place}__in": places})

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        """Save a plain row and note who did it, and what stood there before. Tables with rules of their own override
        this with their action."""
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        audit.record(
            actor_of(request),
            "people.master.changed" if change else "people.master.added",
            subject_kind=obj._meta.model_name or "",
            subject_id=obj.pk,
            organisation_id=getattr(obj, "organisation_id", None),
            data={"changed": history.changes(before, obj)},
            at=clock.now(),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:  # fmt: skip
        """What became of a row, from the audit: Django's own log knows neither what stood before nor other pages."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        lines = history.tell(self.model, row.pk, self.words_of(row))
        context = self.admin_site.each_context(request) | {
            "title": str(row), "opts": self.opts, "object": row, "history": lines,
        }  # fmt: skip
        return render(request, "back_office/history.html", context | (extra_context or {}))

    def words_of(self, row: Any) -> history.Words:
        """What the row's codes are called in its history; tables with codes of their own override this."""
        return {}

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Turns what an action refuses into a sentence above the form."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except refusals.KINDS as error:
            messages.error(request, refusals.sentence(error))
            return HttpResponseRedirect(request.get_full_path())


def adopt(obj: Model, made: Model) -> None:
    """Let the object that Django's admin holds stand for the row that an action has made."""
    obj.pk = made.pk
    obj._state.adding = False
