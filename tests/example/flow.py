"""An errand: the smallest flow that uses every part of the language. The kernel's tests walk through it."""

from typing import Any

from huizhen.kernel.access import grant
from huizhen.kernel.calendar import hours, minutes, working_days
from huizhen.kernel.flow.language import (
    Alert,
    Clock,
    Each,
    Field,
    Flow,
    Move,
    Refused,
    Remind,
    Span,
    State,
    Team,
    Then,
)

SEE = grant(
    "example:errand:see",
    roles=("operator",),
    team_roles=("coordinator", "team_lead"),
    participants=("applicant", "helper"),
)
STEER = grant("example:errand:steer", team_roles=("coordinator",))
RUN = grant("example:errand:run", team_roles=("coordinator",))
ASK = grant("example:errand:ask", participants=("applicant",))
HELP = grant("example:errand:help", participants=("helper",))


def check_price(_errand: Any, data: dict[str, Any]) -> None:
    """Refuse an errand that costs more than 100 yuan (figures in fen)."""
    if data["price"] > 100_00:
        raise Refused("too_dear", limit=100_00)


ERRAND = Flow(
    kind="example.errand",
    letter="E",
    label="跑腿",
    start="placed",
    see=SEE,
    steer=STEER,
    capacities=("applicant", "helper"),
    ends=("helper",),
    told_of_delay=("applicant",),
    states=(
        State(
            "placed", "已下单", owner=Team("coordinator"), within=Span(urgent=minutes(15), normal=hours(2)),
            late=Alert(to=("team:team_lead", "applicant")),
        ),
        State(
            "unclear", "待说明", owner=Field("applicant"), within=Span(urgent=hours(24), normal=hours(72)),
            late=Remind(times=3, every=hours(24), then="withdraw"), pauses=("done",),
        ),
        State(
            "running", "进行中", owner=Each("helper"), within=Span(urgent=hours(4), normal=working_days(1)),
            late=Alert(to=("applicant",)),
        ),
        State(
            "done", "待确认", owner=Field("applicant"), within=Span(urgent=hours(48), normal=hours(48)),
            late=Then("confirm"),
        ),
        State("closed", "已完成", end=True),
        State("withdrawn", "已撤回", end=True),
    ),
    moves=(
        Move("ask", "placed", "unclear", RUN, "请说明", "%(actor)s 请申请人说明", needs=("missing",), tells=("applicant",)),
        Move("answer", "unclear", "placed", ASK, "说明", "%(actor)s 作了说明", tells=("team:coordinator",)),
        Move("start", ("placed", "unclear"), "running", RUN, "开始", "%(actor)s 安排开始", guard=check_price, needs=("price",)),
        Move("report", "running", "", HELP, "进展", "%(actor)s 报告进展", audience="staff"),
        Move("finish", "running", "done", HELP, "完成", "%(actor)s 已完成", tells=("applicant",), meets=("done",)),
        Move("confirm", "done", "closed", ASK, "确认", "%(actor)s 确认", tells=("helper",)),
        Move("withdraw", ("placed", "unclear", "running"), "withdrawn", ASK, "撤回", "%(actor)s 撤回", reason=False),
        Move("lapse", ("placed", "running"), "", "system", "失效", "邀请已失效"),
    ),
    clocks=(
        Clock("done", "全程", within=Span(urgent=hours(8), normal=hours(48)), late=Alert(to=("team:team_lead",))),
        Clock("invitation", "邀请", within=Span(urgent=minutes(30), normal=hours(8)), late=Then("lapse"), on_call=True),
    ),
)  # fmt: skip
