"""What the features refuse, said beside the field it is about."""

from collections.abc import Mapping

from django.forms import Form

from huizhen.records.refused import Refused


def say(form: Form, refused: Refused, names: Mapping[str, str] | None = None) -> None:
    """Put each sentence of a refusal beside its field; `names`: feature's field → form's field.

    What belongs to no field of the form is said at its top.
    """
    for field, sentence in refused.sentences().items():
        name = (names or {}).get(field, field)
        form.add_error(name if name in form.fields else None, sentence)
