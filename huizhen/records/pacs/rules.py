"""What is said about a transfer that waits or failed. Pure."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TROUBLES: dict[str, Promise] = {
    "away": _("The hospital's archive does not answer. Nothing is lost; it is tried again by itself."),
    "denied": _("The hospital's archive refuses our user and password. Please ask the information office."),
    "not_there": _("The hospital's archive has no such examination (any more)."),
    "strange": _("The hospital's archive gave an answer we do not understand. Please ask the information office."),
    "refused": _("The hospital's archive did not take all of the images."),
}
# What a search says instead where its sentence is another: a search is not tried again by itself.
SEARCH_TROUBLES: dict[str, Promise] = TROUBLES | {
    "away": _("The hospital's archive does not answer. Please search again in a few minutes."),
}
# Waiting does not help against these.
FINAL = frozenset({"denied", "not_there", "strange", "refused"})
