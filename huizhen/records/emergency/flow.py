"""The review of an emergency access as a table: opened by the doctor, judged within a day by somebody else."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel.access import grant
from huizhen.kernel.calendar import hours
from huizhen.kernel.flow.language import Alert, Flow, Move, Span, State, Team

REVIEWERS = ("department_head", "audit_admin")
SEE = grant("records:emergency:see", roles=REVIEWERS, participants=("doctor",))
JUDGE = grant("records:emergency:judge", roles=REVIEWERS)

# What the notification of each move states.
NOTICES = {
    "justify": _("The emergency access was justified"),
    "reject": _("The emergency access was unfounded"),
}


def _subject(case: Any) -> Any:
    return case.emergency_access


EMERGENCY = Flow(
    kind="records.emergency",
    letter="B",
    label=_("紧急查阅"),
    start="reviewing",
    see=SEE,
    steer=JUDGE,
    capacities=("doctor",),
    subject=_subject,
    notices=NOTICES,
    states=(
        State(
            "reviewing", _("待复核"), owner=Team("audit_admin"), within=Span(urgent=hours(24), normal=hours(24)),
            late=Alert(to=("team:audit_admin", "team:security_admin")),
        ),
        State("justified", _("理由成立"), end=True),
        State("unjustified", _("理由不成立"), end=True),
    ),
    moves=(
        Move(
            "justify", "reviewing", "justified", JUDGE, _("理由成立"), _("%(actor)s 复核：理由成立"),
            reason=True, tells=("doctor",), audience="staff",
        ),
        Move(
            "reject", "reviewing", "unjustified", JUDGE, _("理由不成立"), _("%(actor)s 复核：理由不成立"),
            reason=True, tells=("doctor", "team:security_admin"), audience="staff",
        ),
    ),
)  # fmt: skip
