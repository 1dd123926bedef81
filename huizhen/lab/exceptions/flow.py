"""The laboratory exception as a table. Source: domain, section 1."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel.access import grant
from huizhen.kernel.calendar import hours, minutes
from huizhen.kernel.flow.language import Alert, Flow, Move, Span, State, Team
from huizhen.kernel.flow.sentences import register_event

STAFF = ("laboratory",)
# The laboratory itself, and laboratory staff of an organisation above the site: what their list shows, they open.
SEE = grant("lab:exception:see", roles=STAFF, team_roles=STAFF)
WORK = grant("lab:exception:work", roles=STAFF, team_roles=STAFF)
CONFIRM = grant("lab:exception:confirm", roles=STAFF, team_roles=STAFF)


register_event("lab.exceptions.opened", _("系统发现了这个异常"))

# What the notification of each move states.
NOTICES = {
    "propose": _("A repair waits for a second person"),
    "refuse": _("The repair was not agreed to"),
}


def _subject(case: Any) -> Any:
    return case.lab_exception


EXCEPTION = Flow(
    kind="lab.exceptions",
    letter="L",
    label=_("检验异常"),
    start="open",
    see=SEE,
    steer=WORK,
    capacities=(),
    subject=_subject,
    notices=NOTICES,
    states=(
        State(
            "open", _("待处理"), owner=Team("laboratory"), within=Span(urgent=minutes(30), normal=hours(4)),
            late=Alert(to=("team:laboratory", "team:department_head")),
        ),
        State(
            "confirming", _("待第二人确认"), owner=Team("laboratory"), within=Span(urgent=minutes(30), normal=hours(4)),
            late=Alert(to=("team:laboratory", "team:department_head")),
        ),
        State("solved", _("已解决"), end=True),
        State("dismissed", _("无需处理"), end=True),
    ),
    moves=(
        Move(
            "propose", "open", "confirming", WORK, _("提出修复"), _("%(actor)s 提出了修复办法，等第二人确认"),
            needs=("repair",), tells=("team:laboratory",), audience="staff",
        ),
        Move(
            "confirm", "confirming", "solved", CONFIRM, _("确认修复"), _("%(actor)s 已确认，修复完成"),
            needs=("repair",), audience="staff",
        ),
        Move(
            "refuse", "confirming", "open", CONFIRM, _("不同意"), _("%(actor)s 不同意这样修复"), reason=True,
            tells=("team:laboratory",), audience="staff",
        ),
        Move(
            "ask_again", "open", "", WORK, _("请仪器重传"),
            _("%(actor)s 请仪器 %(instrument)s 重传 %(count)s 份标本的结果"), needs=("instrument", "count"),
            audience="staff",
        ),
        Move(
            "solve", "open", "solved", WORK, _("标记为已解决"), _("%(actor)s 已解决"), reason=True, audience="staff",
        ),
        Move(
            "dismiss", "open", "dismissed", WORK, _("无需处理"), _("%(actor)s 认为无需处理"), reason=True,
            audience="staff",
        ),
        Move(
            "vanish", ("open", "confirming"), "solved", "system", _("自动解除"), _("系统复查：问题已不存在"),
            audience="staff",
        ),
    ),
)  # fmt: skip
