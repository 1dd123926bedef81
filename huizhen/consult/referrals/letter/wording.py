"""Every fixed word on the letter, and the words of its sources, in the language of the paper."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.consult.joint.report import wording

PIECES = {
    "question": _("Reason for the referral"),
    "course": _("Course of the illness"),
    "findings": _("Findings"),
    "opinion": _("Opinion of the joint consultation"),
    "advice": _("Advice"),
    "medicines": _("Medicines"),
    "note": _("To the colleagues who take over"),
}
SOURCES = {
    "application": _("Application %(number)s"),
    "report": _("Report of %(number)s, version %(version)s"),
    "opinions": _("Opinions of %(number)s: %(who)s"),
    "unreported": _("Opinions of %(number)s signed so far, by %(who)s; no joint report was signed"),
    "unsaid": _("%(number)s was referred before any opinion was signed"),
    "doctor": _("Written by the referring doctor"),
}
# The heading of `opinion` where there is no joint one.
OPINIONS = _("Opinions of the experts so far")
EDITED = _("%(source)s; edited by the referring doctor")
LABELS = {
    "title": _("Referral letter"),
    "case": _("Referral number"),
    "to": pgettext_lazy("of a letter", "To"),
    "consultation": _("Joint consultation"),
    "source": pgettext_lazy("of words in a letter", "Source"),
    "doctor": _("Referring doctor"),
    "signature": _("Signature of the referring doctor"),
    "written_at": _("Signed at"),
    "unreported": _(
        "No joint report was signed: the patient was referred before. This letter rests on the application and on the "
        "opinions that these experts had signed: {who}."
    ),
    "unsaid": _(
        "No joint report and no expert's opinion was signed: the patient was referred before. This letter rests on the "
        "application and on the referring doctor."
    ),
    "legal": _(
        "This letter sums up a joint consultation and was sent with the patient's consent, for this referral only. "
        "Please verify it by its code before you rely on a printed copy."
    ),
}
SHARED = (
    "urgent", "scan", "name", "sex_age", "born", "identity", "record", "hospital", "pictures", "figure", "page",
    "zone", "colon", "demonstration", "legal_signature", "legal_title", "unsigned",
)  # fmt: skip


def say_source(piece: dict[str, Any], *, edited: bool) -> str:
    """Where a piece of a letter comes from, in the reader's language."""
    source = dict(piece["source"])
    said = str(SOURCES[source.pop("of")]) % source
    return str(EDITED) % {"source": said} if edited and piece["source"]["of"] != "doctor" else said


def get_labels(language: str) -> dict[str, str]:
    """The fixed words in `language`: the letter's own, and those it shares with the report."""
    shared = {key: wording.LABELS[key] for key in SHARED}
    return wording.get_labels(language, shared | LABELS)
