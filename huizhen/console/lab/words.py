"""Codes of the laboratory as words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, Any] = {
    "name": _("Name of the person"),
    "identity_number": _("Document number"),
    "identity_kind": _("Document type"),
    "phone": _("Phone"),
    "sex": _("Sex"),
    "birth_on": _("Date of birth"),
    "code": _("Health code"),
}
# Where a file was asked for and none came, or one without anything in it.
NO_FILE: dict[str, Any] = {
    "required": _("Choose a file first."),
    "empty": _("This file is empty. Choose another one."),
}
PRESENCES: dict[str, Any] = {
    "negative": _("Negative"),
    "positive": _("Positive"),
    "grey": _("Not certain"),
    "invalid": _("Not valid"),
}
REASONS: dict[str, Any] = {
    "positive": _("Positive: a person has to look"),
    "grey": _("Not certain"),
    "control": _("A control of the instrument failed"),
    "preliminary": _("Marked preliminary by the instrument"),
    "before_collection": _("Measured before it was collected"),
    "not_ordered": _("Nobody ordered this for the tube"),
    "by_hand": _("This item is always released by hand"),
    "pooled_quantity": _("A number from a mixed tube"),
    "words": _("In words"),
    "unreadable": _("The value cannot be read"),
    "unit": _("Another unit than expected"),
    "implausible": _("Nobody can have this value"),
    "delta": _("A leap from the last value"),
    "critical": _("Critical: the doctor was called"),
    "conflict": _("Contradicts an earlier value"),
    "contradiction": _("Contradicts another tube of the same person"),
    "rejected_before": _("A new run says what was rejected before"),
    "unranged": _("No usual range for this age and sex"),
    "correction": _("Corrects an earlier value"),
    "withdrawn": _("Taken back after it was released"),
}
ADVICE: dict[str, Any] = {
    "wrong_person": _("Compare the identity card with both names. Correct the record, or close this if it is a former "
                      "name."),
    "two_records": _("Compare both records. Where they are one person's, choose the one that remains: both are read as "
                     "one from then on, and this can be taken back. Otherwise close this without doing anything."),
    "not_visible": _("Press the button: the missing rows are written from the released result."),
    "unknown_sender": _("Register the sender on the page of the instruments; what it has sent is kept and is read "
                        "then."),
    "instrument_down": _("Check power, cable and network of the instrument; this closes when it is heard again."),
    "barcode_unreadable": _("The instrument sent no barcode. Read the label by hand and have the run sent again."),
    "barcode_unknown": _("Find the tube that really wears this label, and bind it anew. Results then flow by "
                         "themselves."),
    "box_unknown": _("Ask the site who was in this tube; it closes when the site has registered it."),
    "barcode_clash": _("Put a new label on the second tube and enter its barcode. The persons need not come again."),
    "several_results": _("The tube's page shows both values. Test again if need be; then release or reject the later "
                         "one. What was released first stays as it is. Where both were released before the records "
                         "were joined, correct or withdraw the one that is wrong."),
    "read_otherwise": _("Its message was read again by another profile, and does not say this value of this tube any "
                        "more. Open the tube: withdraw or correct what was released, reject what was not. If the value "
                        "is right all the same, close this and write why."),
    "box_differs": _("Look through the box once more, then call the site or the carrier. This closes when each missing "
                     "tube was received or given up on its page."),
    "not_received": _("Call the site or the carrier. Tubes that are lost are given up on the tube's page."),
    "not_tested": _("Look for these tubes at the bench; the first one is named."),
    "not_retested": _("Call the persons on the list of re-tests and ask them to come. Who will not come is written "
                      "down here when this is closed."),
    "not_understood": _("Compare the stored message with its profile on the instrument's page, and have it read "
                        "again."),
    "not_reviewed": _("Values wait on the bench page for somebody to look."),
    "not_released": _("Run the tube again, or give it up on its page: its persons still wait. This closes when a new "
                      "value is there."),
    "not_reported": _("The upstream platform takes nothing. Its page shows since when; nothing is lost meanwhile. "
                      "Where files are handed in by hand: make the next one, or ask what became of the last."),
    "platform_shut": _("The page of reporting upstream says why. Have the password or the address put right in the "
                       "back office, then press “Try now” there; sending also goes on by itself. No result is lost or "
                       "refused meanwhile."),
    "not_handed_in": _("Hand this file in at the platform, and note it on its page. This closes by itself then."),
    "not_enlisted": _("Report earlier results on the page of reporting upstream: it counts what is missing and puts "
                      "it into the ledger. This closes by itself then."),
    "report_refused": _("The platform refused this result. Put right what it names, then press “Send it again” on the "
                        "page of reporting upstream. This closes when the platform accepts it."),
    "implausible": _("Look at the tube and the instrument, and have it run again; then reject this value."),
    "control_failed": _("Run the control again. Until it is right, values of this instrument wait for a review."),
    "run_failed": _("Have the tube run again. If the specimen is spent, give the tube up on its page."),
}  # fmt: skip


TAKEN = _("Another tube wears this barcode already. Take a new label and enter its barcode.")
# Where the instrument cannot be asked over its line: what somebody does who stands before it.
BY_HAND: dict[str, Any] = {
    "run_failed": _("At the instrument: look at its message, put the tube in again, and have it send the new run."),
    "implausible": _("At the instrument: look the specimen up in its list of results and have it sent once more. If "
                    "the value is the same, run it again."),
    "not_understood": _("At the instrument: look the specimen up and have it sent once more, when the profile knows "
                        "how it is read."),
    "barcode_unreadable": _("At the instrument: enter what stands on the label, and have the result sent once more."),
    "several_results": _("At the instrument: look the specimen up and compare. If both values stand there, run it "
                         "again."),
    "not_released": _("At the instrument: put the tube in again, and have it send the new run."),
    "not_tested": _("At the instruments: look for these tubes in their lists of results. What has a result is sent "
                    "once more, what has none is put in."),
}  # fmt: skip
NAMED = _("Leave it empty for the specimens that its messages name.")
UNNAMED = _("Its messages name no specimen of yours. Read the label of the tube; its result is asked for.")
NOT_READ = _("Its messages are all here and wait to be read; sent once more they would only wait as well.")
WHY: dict[str, Any] = {
    "no_line": _("The instrument was not on its line in all that time."),
    "not_taken": _("The instrument did not take the question."),
    "no_answer": _("The instrument took the question and did not answer."),
    "nothing_there": _("The instrument says that it has no result of this specimen."),
    "no_orders": _("Nothing is ordered for this specimen any more, so there was nothing to ask for."),
    "same_again": _("It sent the same as before, which is here already."),
}


def say_reasons(codes: list[str]) -> list[str]:
    """Why something waits, in words."""
    return [str(REASONS.get(code, code)) for code in codes]
