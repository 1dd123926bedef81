"""The refusal all laboratory features share: which field, and why, as codes a face turns into a sentence."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huizhen.records.refused import SENTENCES as RECORDS

SENTENCES: dict[str, Promise] = {
    **RECORDS,
    "barcode_shape": _("A barcode has 5 to 40 capital letters, digits or hyphens. Scan it again."),
    "barcode_check": _("The last digit does not fit the others; scan the label again instead of typing it."),
    "barcode_taken": _("This barcode is in use already. What you entered is kept; the laboratory will call you."),
    "not_pooled": _("This is a mixed tube; it cannot be mixed once more."),
    "unknown_tube": _("No tube of your laboratory has this barcode. Receive it first, or scan it again."),
    "in_pool": _("This tube is in a mixed tube already."),
    "not_received": _("This tube has not been received. Receive its box first."),
    "given_up": _("This tube was given up."),
    "tested_already": _("This tube was tested already."),
    "other_laboratory": _("This tube is another laboratory's than the first one."),
    "other_test": _("Another test is ordered for this tube than for the first one."),
    "scanned_twice": _("This tube is in the list already."),
    "too_few_tubes": _("At least two tubes are mixed."),
    "too_many_tubes": _("There are more tubes than the mixed tube takes."),
    "label_taken": _("Another tube has this barcode. Put a new label on the mixed tube."),
    "not_poolable": _("This test is not made in mixed tubes."),
    "too_many_persons": _("There are more persons than the tube takes."),
    "nobody": _("A tube needs at least one person."),
    "twice_in_tube": _("The same person is in this tube twice."),
    "unknown_site": _("Choose one of your collection sites."),
    "unknown_campaign": _("This campaign is not one of your site."),
    "unknown_panel": _("Choose a test from the catalogue."),
    "unknown_doctor": _("This is no doctor of your hospital. Choose one from the list, or none."),
    "unknown_code": _("No person has this health-record code."),
    "unknown_box": _("No box has this number."),
    "box_taken": _("A box with this number was sealed before."),
    "already_received": _("This box was received before."),
    "no_columns": _("The first row must name the columns: name, identity number, and what else you have."),
    "unreadable_list": _("This file cannot be read. Save it as Excel (.xlsx) or CSV and try again."),
    "empty_list": _("There is nobody in this list."),
    "too_many_rows": _("A list may have 20,000 rows. Split it."),
    "too_many_labels": _("At most 1,000 labels at a time."),
    "never_printed": _("Not all of these labels were printed before. Look at the last number above."),
    "released_already": _("This result has been released. Correct it instead."),
    "not_in_review": _("This result does not wait for a review any more."),
    "mixed_not_negative": _(
        "What is not negative of a mixed tube is released to nobody: each person is tested alone. Reject this value."
    ),
    "not_latest": _("This is not the value that stands now. Look at the newest version on this page."),
    "nothing_released": _("Nothing of this tube is released for this person yet, so there is nothing to print."),
    "value_unreadable": _("This is no value of this item: a number, or negative, positive, grey."),
    "same_person": _("A second person has to confirm this."),
    "not_asked": _("This instrument cannot be asked over its line. Have it send the result again by hand."),
    "look_first": _("Asking means running it again. Look first whether enough specimen is left."),
    "batch_changed": _("Somebody was faster: this page shows what they did."),
    "batch_moved": _("Somebody has gone on with this batch meanwhile: this page shows how it stands."),
    "batch_over": _("This batch is over. Its file must not be handed in any more, and was deleted."),
    "nothing_waits": _("Nothing waits; every result is in a batch."),
    "too_many_open": _("Four batches are open. Finish one of them first."),
    "handed_at_wrong": _("That is before the file was made, or has not come yet."),
    "refused_line": _("On each line: the row's number as Excel shows it, then the platform's reason."),
    "refused_outside": _("One of these rows is not in the file. Compare the numbers with the file that was handed in."),
    "refused_twice": _("One row stands there twice."),
    "unreadable_template": _("This workbook cannot be filled. Save it as .xlsx, without macros, and try again."),
    "reason_too_long": _("This is too long: at most 120 characters."),
    "word_line": _("On each line: our word, an equals sign, then the platform's, at most 60 characters."),
    "word_unknown": _("One of the words before the equals sign is none of ours. Leave them as they stood there."),
    "word_twice": _("One word stands there twice."),
    "malformed_template": _(
        "This workbook is damaged or locked. Open it in Excel, save it once more as .xlsx, "
        "without a password, and hand that in."
    ),
    "template_too_large": _("This workbook is too large for a template: at most 2 MB, without results in it."),
    "no_headings": _("No row with headings was found. One row must name the columns, such as name and result."),
    "columns_too_few": _("Choose at least one column that says whose result it is, and one with the result."),
    "withdrawn": _("This result was withdrawn; there is no report of it any more."),
    "not_repairable": _("This cannot be repaired by one click. Look at what is written beside it."),
}


class Refused(Exception):
    """Input that was not accepted; nothing was written. `errors` maps a field to its code."""

    def __init__(self, errors: Mapping[str, str]):
        super().__init__(", ".join(f"{field}: {code}" for field, code in errors.items()))
        self.errors = dict(errors)

    def sentences(self) -> dict[str, str]:
        """Field → what is wrong with it, in the reader's language."""
        return {field: str(SENTENCES[code]) for field, code in self.errors.items()}


class Strangers(Refused):
    """Tubes that do not wait at a site, or are in a box already, by their barcodes: of sixty that were scanned nobody
    finds the one that is wrong."""

    def __init__(self, codes: Sequence[str]):
        super().__init__({"barcodes": "unknown_choice"})
        self.codes = list(codes)

    def sentences(self) -> dict[str, str]:
        """The sentence beside the field, with the barcodes."""
        return {"barcodes": _("These do not wait at this site, or are in a box already: %(codes)s. Look at the labels, "
                              "or take them out of the list.") % {"codes": " ".join(self.codes)}}  # fmt: skip
