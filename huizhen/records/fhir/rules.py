"""What is said about copies that were not made. Pure."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PROBLEMS: dict[str, Promise] = {
    "not_allowed": _("When its turn came, you could no longer read this record."),
    "too_large": _("The record is too large for one file. Take the copy without the documents' files."),
}
