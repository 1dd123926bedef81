"""What people do in a referral: one function per act, each one transaction."""

from huizhen.consult.referrals.actions.receiving import (
    accept,
    name_doctor,
    record_absence,
    record_arrival,
    refuse,
    report_back,
    reschedule,
)
from huizhen.consult.referrals.actions.writing import (
    agree,
    begin,
    issue_letter,
    issue_waiting,
    match_family,
    note_consent,
    preview,
    save_letter,
    sign_letter,
    withdraw,
)

__all__ = [
    "accept",
    "agree",
    "begin",
    "issue_letter",
    "issue_waiting",
    "match_family",
    "name_doctor",
    "note_consent",
    "preview",
    "record_absence",
    "record_arrival",
    "refuse",
    "report_back",
    "reschedule",
    "save_letter",
    "sign_letter",
    "withdraw",
]
