"""What became of a row of the back office, in the reader's words: who, when, what stood before, what stands now."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy, pgettext_lazy

from huizhen.console.centre import history
from huizhen.console.centre.history import NOTHING, Line
from huizhen.kernel import audit
from huizhen.kernel.crypto.fields import EncryptedField

SAYS = history.SAYS | {
    "people.master.added": pgettext_lazy("history", "Made"),
    "people.master.changed": pgettext_lazy("history", "Changed"),
}
SYSTEM = gettext_lazy("The system")
# What is sealed in the database is never written into the audit: only that it was changed.
HIDDEN = "••••••"
Names = Mapping[str, Mapping[str, str]]  # of the rows a field points to, by their keys
Words = Mapping[str, Callable[[str], str]]  # what a table says of its codes, by field
PLAIN = (str, int, float, bool, type(None))


def state_of(row: Model) -> dict[str, Any]:
    """The fields of a row as JSON has them, its key left out; of what is sealed, only whether there is something."""
    return {
        field.name: HIDDEN if isinstance(field, EncryptedField) and value else _plain(value)
        for field in row._meta.concrete_fields
        if field.editable and not field.auto_created
        for value in [getattr(row, field.attname)]
    }


def changes(before: Model | None, after: Model) -> dict[str, list[Any]]:
    """Each field that differs: its name to what stood before and what stands now. Of sealed ones only that they do."""
    old, new = (state_of(before) if before else {}), state_of(after)
    found = audit.compare(old, {name: value for name, value in new.items() if before or value not in ("", None)})
    if before:
        sealed = [field.name for field in after._meta.concrete_fields if isinstance(field, EncryptedField)]
        found |= {name: [old[name], new[name]] for name in sealed if getattr(before, name) != getattr(after, name)}
    return found


def tell(model: type[Model], key: object, words: Words) -> list[Line]:
    """The history of a row, the latest first. The caller has checked that it may be seen."""
    found = audit.list_history((model._meta.model_name or "", key))
    names = _names(model, [field for change in found for field in change.fields])
    return [_line(model, change, names, words) for change in found]


def _names(model: type[Model], fields: Iterable[tuple[str, Any, Any]]) -> Names:
    """What the rows are called that a history points to; one query for each field that points somewhere."""
    keys: dict[str, set[Any]] = defaultdict(set)
    for name, *values in fields:
        keys[name].update(value for value in values if isinstance(value, str | int) and value != "")
    return {
        name: {str(row.pk): str(row) for row in there._default_manager.filter(pk__in=keys[name])}
        for name in keys
        if (there := _points_to(_field(model, name)))
    }


def _points_to(field: "Field[Any, Any] | None") -> type[Model] | None:
    there = field.related_model if field else None
    return there if isinstance(there, type) else None


def _line(model: type[Model], change: audit.Change, names: Names, words: Words) -> Line:
    who = str(SYSTEM) if change.actor_name == "system" else change.actor_name
    fields = [
        (_label(model, name), _show(model, name, before, names, words), _show(model, name, after, names, words))
        for name, before, after in change.fields
    ]
    return Line(change.at, who, SAYS.get(change.action, change.action), "", fields)


def _field(model: type[Model], name: str) -> "Field[Any, Any] | None":
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:  # the audit's own words, of tables that are written by actions
        return None
    return found if isinstance(found, Field) else None


def _label(model: type[Model], name: str) -> Any:
    field = _field(model, name)
    return field.verbose_name if field else history.FIELDS.get(name, name)


def _show(model: type[Model], name: str, value: Any, names: Names, words: Words) -> str:
    field = _field(model, name)
    if field is None or value in (None, "", []) or isinstance(value, bool | list | dict):
        return history.show(name, value)
    if name in names:
        return names[name].get(str(value), NOTHING)
    if name in words:
        return words[name](str(value))
    return str(dict(field.flatchoices).get(value, value))


def _plain(value: Any) -> Any:
    """A value as JSON has it: days as 2027-02-05, keys as text."""
    if isinstance(value, PLAIN):
        return value
    return value if isinstance(value, list | dict) else DjangoJSONEncoder().default(value)
