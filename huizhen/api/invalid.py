"""What is wrong with a value that does not fit its description, in the reader's language.

The codes are pydantic's, the sentences are ours: pydantic's are English, and some of them repeat a piece of the value.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Any] = {
    "missing": _("This is required."),
    "extra_forbidden": _("Nothing of this name is taken here."),
    "json_invalid": _("This cannot be read as JSON."),
    "string_too_short": _("Too short: at least %(min_length)s characters."),
    "string_too_long": _("Too long: at most %(max_length)s characters."),
    "string_pattern_mismatch": _("This does not have the form that is asked for."),
    "too_short": _("Too few: at least %(min_length)s."),
    "too_long": _("Too many: at most %(max_length)s."),
    "greater_than": _("Too small: more than %(gt)s is needed."),
    "greater_than_equal": _("Too small: at least %(ge)s."),
    "less_than": _("Too large: less than %(lt)s is needed."),
    "less_than_equal": _("Too large: at most %(le)s."),
    "enum": _("One of these is needed: %(expected)s."),
    "literal_error": _("One of these is needed: %(expected)s."),
    "finite_number": _("A number is needed."),
    "timezone_aware": _("A time needs its zone, such as +08:00 or Z."),
}
# By how a code begins: `int_parsing` and `int_type` ask for the same thing.
KINDS: dict[str, Any] = {
    "string": _("A text is needed."),
    "uuid": _("A UUID is needed."),
    "datetime": _("A date and time is needed, such as 2026-01-31T08:30:00+08:00."),
    "date": _("A date is needed, such as 2026-01-31."),
    "int": _("A whole number is needed."),
    "float": _("A number is needed."),
    "bool": _("true or false is needed."),
    "list": _("A list is needed."),
    "dict": _("An object is needed."),
    "model": _("An object is needed."),
}
OTHER = _("This value is not accepted.")
QUOTED = re.compile(r"'([^']*)'")


def sentence(fault: Mapping[str, Any]) -> str:
    """The sentence for one of pydantic's faults (`type`, `ctx`); it never holds a piece of what was sent."""
    code, facts = str(fault["type"]), dict(fault.get("ctx") or {})
    if "expected" in facts:
        facts["expected"] = ", ".join(QUOTED.findall(facts["expected"]))
    if code in SENTENCES:
        return str(SENTENCES[code]) % facts
    return str(KINDS.get(code.partition("_")[0], OTHER))
