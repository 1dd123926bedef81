"""The refusal all record features share: which field, and why, as codes a face turns into a sentence."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise] = {
    "nothing_to_take_back": _("There is nothing that could be taken back: it was not brought in, or cases rest on it."),
    "missing": _("Please fill this in."),
    "too_long": _("This is too long."),
    "unknown_choice": _("Please choose one of the options."),
    "identity_shape": _("An identity number has 17 digits and a last digit or X."),
    "identity_region": _("The first six digits are not a place in China."),
    "identity_birth": _("The birth date inside the number does not exist."),
    "identity_check": _("The last digit does not fit the others; please compare with the card."),
    "identity_differs_birth": _("The birth date differs from the one inside the identity number."),
    "identity_differs_sex": _("The sex differs from the one inside the identity number."),
    "document_shape": _("This document number has an impossible form; please compare with the document."),
    "phone_shape": _("Please enter an 11-digit mobile number, or +country code and number."),
    "birth_future": _("The birth date lies in the future."),
    "birth_too_early": _("The birth date is more than 150 years ago."),
    "duplicate": _("A patient with this identity number is already registered."),
    "no_match": _("No patient is registered with exactly this number and name."),
    "not_self": _("Ask the hospital to correct this; bring the identity card."),
    "already_guardian": _("This person is already a guardian of the patient."),
    "already_linked": _("This patient already has an account."),
    "own_guardian": _("Nobody can be their own guardian."),
    "nothing_shared": _("Choose at least one thing to share."),
    "bundled": _("Health data needs a consent of its own; ask for the other permission separately."),
    "already_over": _("The end must lie in the future."),
    "too_long_for": _("A consent lasts at most one year; it can be given again."),
    "one_grantee": _("Name exactly one person, organisation or case that may read."),
    "evidence_missing": _("Add the signed form as a photo or PDF."),
    "guardian_needed": _("Under 14 years, a guardian gives the consent."),
    "not_ready": _("The upload is not finished yet."),
    "not_yours": _("This upload does not exist."),
    "wrong_type": _("Only PDF, JPEG, PNG, HEIC and Word (docx) files can be kept as documents."),
    "reason_short": _("Write in a sentence why you must see this record now; it will be reviewed."),
    "same_record": _("These are one and the same record."),
    "merged_before": _("One of the two is joined to another record already. Take those apart first."),
    "damaged": _("The file cannot be opened; please export or photograph it again."),
    "no_text": _("There is no text in this Word document. Save it as PDF and add that."),
    "locked": _("The PDF is protected with a password; please save it without one."),
    "too_many_pixels": _("The picture is too large; please make it smaller than 100 megapixels."),
    "too_many_pages": _("The PDF has more than 2,000 pages; please split it."),
    "taken_future": _("The date of the document lies in the future."),
    "day_impossible": _("This day cannot be; please compare with the paper."),
    "ends_before_start": _("The end lies before the beginning."),
    "over_but_active": _("Its last day is over: choose how it ended, or empty the last day."),
    "half_a_line": _("Each line needs a name and a result. Empty both to leave a line out."),
    "ended": _("This import is over; start another one for further files."),
    "too_many_marks": _("A report shows at most 24 key images; take one back first."),
    "bad_measure": _("This cannot be measured here: draw it on the image once more."),
    "no_value": _("A colour image has no values to measure."),
    "too_many_measures": _("There are too many measurements on this image; take some back first."),
    "changed_elsewhere": _("It was changed in another window meanwhile. What stands there is shown now."),
    "too_many_files": _("One import takes at most 20,000 files; start another one for the rest."),
    "assigned_already": _("Somebody has assigned this study to another patient already."),
    "nothing_to_take": _("There is nothing in it to bring in, or it is not checked yet."),
    "copy_too_large": _("This record is too large for one answer. Order a copy, and fetch it when it is made."),
    "not_imaging": _("Only DICOM files, or a zip of them, can be imported as images."),
}


class Refused(Exception):
    """Input that was not accepted; nothing was written. `errors` maps a field to its code."""

    def __init__(self, errors: Mapping[str, str]):
        super().__init__(", ".join(f"{field}: {code}" for field, code in errors.items()))
        self.errors = dict(errors)

    def sentences(self) -> dict[str, str]:
        """Field → what is wrong with it, in the reader's language."""
        return {field: str(SENTENCES[code]) for field, code in self.errors.items()}
