"""Every fixed word on the paper, in the language of the paper."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.consult.joint.report.content import Sex, Stance

LABELS = {
    "title": _("Joint consultation report"),
    "case": _("Case number"),
    "version": _("Version"),
    "urgent": _("Urgent"),
    "scan": _("Scan to verify"),
    "name": pgettext_lazy("of a person", "Name"),
    "sex_age": _("Sex and age"),
    "born": _("Date of birth"),
    "identity": _("Identity number"),
    "record": _("Record number"),
    "applicant": _("Applicant"),
    "hospital": _("Hospital"),
    "applied": _("Applied at"),
    "question": _("Purpose and question"),
    "summary": _("Medical summary"),
    "conclusion": _("Conclusion"),
    "advice": _("Advice"),
    "own_words": _("written or edited by the chair"),
    "by_the_chair": _("by the chair"),
    "transfer": _("Referral to a hospital for further diagnosis and treatment is advised."),
    "dissent": _("Opinions that differ"),
    "dissent_kept": _("Kept in the words of the expert. Please weigh them together with the conclusion."),
    "differs_in": _("Where it differs"),
    "by_chair": _("as read by the chair"),
    "materials": _("Material seen by the experts"),
    "kind": _("Kind"),
    "what": _("Material"),
    "taken": _("Date"),
    "source": _("Source"),
    "no_materials": _("No material was attached."),
    "pictures": _("Key images"),
    "figure": _("Figure"),
    "opinions": _("Opinions of the experts"),
    "findings": _("Findings"),
    "assessment": _("Assessment"),
    "signed_at": _("Signed at"),
    "expert_signature": _("Signed electronically by the expert; the statement is attached to this file."),
    "signature": _("Signature of the chair"),
    "cosigned": _("Co-signed electronically by"),
    "unsigned": _("Not signed yet"),
    "made_at": _("Report made at"),
    "page": _("Page {page} of {pages}"),
    "legal_title": _("Please note"),
    "legal": _(
        "The experts give their opinion on the material they were sent. Diagnosis and treatment are decided by the "
        "hospital that applied, by the state of the patient. If the patient gets worse, please act at once and do not "
        "wait for a reply."
    ),
    "legal_signature": _(
        "This report carries a reliable electronic signature, which by law has the same effect as a signature by hand. "
        "The electronic file is the original; any change to it can be detected."
    ),
    "demonstration": _("Demonstration. The people are not real and the signatures have no legal effect."),
    "correction": _("Corrected report, version {version}. It replaces version {old}, signed at {at}."),
    "correction_reason": pgettext_lazy("correction", "Reason"),
    "correction_digest": _("Fingerprint of the old version"),
    "zone": _("Times are Beijing time (UTC+8)."),
    "colon": pgettext_lazy("after a label, with its space", ": "),
    "list_comma": pgettext_lazy("between names in a list", ", "),
}
SIGNATURE_LABELS = {
    "signed_by": _("Signed electronically"),
    "certificate": _("Certificate"),
    "demonstration": _("Demonstration certificate"),
}
STANCES = {
    Stance.AGREE: _("Agrees"),
    Stance.PARTLY: _("Agrees in part"),
    Stance.DISSENT: _("Differs"),
}
SEXES = {
    Sex.FEMALE: _("Female"),
    Sex.MALE: _("Male"),
    Sex.OTHER: pgettext_lazy("sex", "Other"),
    Sex.UNKNOWN: pgettext_lazy("sex", "Unknown"),
}
YEARS = _("{count} years")
MONTHS = _("{count} months")
DAYS = _("{count} days")


def get_labels(language: str, labels: Mapping[str, Any] = LABELS) -> dict[str, str]:
    """Return the fixed words in `language` (`zh-hans` or `en`)."""
    with translation.override(language):
        return {key: str(label) for key, label in labels.items()}


def say(words: Any, language: str, **values: object) -> str:
    """Return one lazy sentence in `language` with its values filled in."""
    with translation.override(language):
        return str(words).format(**values) if values else str(words)
