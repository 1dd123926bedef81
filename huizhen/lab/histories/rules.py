"""What a finding means, in words for the person it concerns. Pure: no database, no clock."""

from django.utils.translation import gettext_lazy as _

from huizhen.lab.results.models import Finding

# What it says, and what to do about it. A machine never gives advice beyond "ask somebody".
WORDS = {
    Finding.NEGATIVE: (_("Nothing was found."), ""),
    Finding.POSITIVE: (_("It was found."), _("Please stay where you are and wait for the call of your doctor.")),
    Finding.GREY: (_("The test could not decide."), _("You will be asked to give another specimen.")),
    Finding.NORMAL: (_("Within the usual range."), ""),
    Finding.LOW: (_("Below the usual range."), _("That alone is no illness. Ask your doctor what it means for you.")),
    Finding.HIGH: (_("Above the usual range."), _("That alone is no illness. Ask your doctor what it means for you.")),
    Finding.CRITICAL_LOW: (_("Far below the usual range."), _("Your doctor has been told. Do not wait: call now.")),
    Finding.CRITICAL_HIGH: (_("Far above the usual range."), _("Your doctor has been told. Do not wait: call now.")),
    Finding.UNRANGED: (_("There is no usual range for your age."), ""),
    Finding.WORDS: (_("Described in words."), ""),
    Finding.WITHDRAWN: (_("This result was withdrawn."), _("It was not right. You need not do anything.")),
}
# What somebody must notice: tone of the badge.
TONES = {Finding.POSITIVE: "urgent", Finding.CRITICAL_LOW: "urgent", Finding.CRITICAL_HIGH: "urgent",
         Finding.GREY: "waiting", Finding.LOW: "waiting", Finding.HIGH: "waiting"}  # fmt: skip


def words(finding: int) -> tuple[str, str]:
    """What it says and what to do, the latter empty where nothing is to be done."""
    says, todo = WORDS[Finding(finding)]
    return str(says), str(todo)


def tone(finding: int) -> str:
    """The badge's tone."""
    return TONES.get(Finding(finding), "ended")
