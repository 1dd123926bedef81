"""A referral as a table: written, sent with its letter, accepted with an appointment, arrived, answered."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.consult.referrals import rules
from huizhen.kernel.access import grant
from huizhen.kernel.calendar import days, hours, minutes, working_hours
from huizhen.kernel.flow.language import Alert, Clock, Field, Flow, Move, Remind, Span, State, Team
from huizhen.kernel.flow.sentences import register_event

TEAM = ("coordinator", "team_lead")
PATIENT = ("patient", "family")
# The doctor of the receiving hospital whom its coordinator has named.
RECEIVER = "receiver"
SEE = grant(
    "consult:referral:see", roles=("department_head",), team_roles=TEAM, participants=("applicant", *PATIENT, RECEIVER)
)
WRITE = grant("consult:referral:write", participants=("applicant",))
RECEIVE = grant("consult:referral:receive", team_roles=TEAM)
WITHDRAW = grant("consult:referral:withdraw", participants=("applicant", *PATIENT))

EVERYBODY = ("applicant", *PATIENT)
OPEN = ("draft", "sent", "accepted", "arrived")
RECEIVING = ("sent", "accepted", "arrived")

register_event("consult.referral.opened", _("%(actor)s 开始写转诊信"))
CONSENTED = register_event("consult.referral.consented", _("患者已同意转诊"), _("患者已同意转诊，可以签发转诊信"))
NO_ROOM = register_event(
    "consult.referral.no_room", _("存储空间已满，签名转诊信暂时无法保存，有空间后自动继续"), _("签名转诊信在等存储空间")
)
CONSENT_WITHDRAWN = register_event(
    "consult.referral.consent_withdrawn", _("患者撤回了转诊授权，接收方已不能查看资料"), _("患者撤回了转诊授权")
)

# What the notification of each move states.
NOTICES = {
    "send": _("The referral letter is on its way"),
    "name_doctor": _("The receiving doctor is named"),
    "accept": _("The hospital takes the patient"),
    "refuse": _("The hospital declined the patient"),
    "reschedule": _("The appointment has another time"),
    "record_arrival": _("The patient came"),
    "record_absence": _("The patient never came"),
    "report_back": _("The hospital has written back"),
    "lapse": _("The hospital did not write back"),
    "withdraw": _("The referral was withdrawn"),
}


def _subject(case: Any) -> Any:
    return case.referral


REFERRAL = Flow(
    kind="consult.referral",
    letter="R",
    label=_("转诊"),
    start="draft",
    see=SEE,
    steer=RECEIVE,
    capacities=(*EVERYBODY, RECEIVER),
    ends=(RECEIVER,),
    told_of_delay=EVERYBODY,
    subject=_subject,
    notices=NOTICES,
    states=(
        State(
            "draft", _("转诊信拟写中"), owner=Field("applicant"), within=Span(urgent=hours(4), normal=hours(72)),
            late=Remind(times=3, every=hours(24), then="withdraw"),
        ),
        State(
            "sent", _("待对方医院接收"), owner=Team("coordinator"),
            within=Span(urgent=minutes(30), normal=working_hours(8)),
            late=Alert(to=("team:team_lead", "team:coordinator", "applicant")),
        ),
        State(
            "accepted", _("已接收，待就诊"), owner=Team("coordinator"), within=Span(urgent=days(7), normal=days(60)),
            late=Alert(to=("team:coordinator", "applicant")),
        ),
        State(
            "arrived", _("已到诊，待回复"), owner=Team("coordinator"), within=Span(urgent=days(14), normal=days(30)),
            late=Remind(times=3, every=days(7), then="lapse"),
        ),
        State("answered", _("已回复"), end=True),
        State("refused", _("对方医院未接收"), end=True),
        State("missed", _("未到诊"), end=True),
        State("withdrawn", _("转诊已撤回"), end=True),
        State("unanswered", _("已结束，无回复"), end=True),
    ),
    moves=(
        Move(
            "sign_letter", "draft", "", WRITE, _("签署转诊信"), _("%(actor)s 已签署转诊信，正在生成签名文件"),
            guard=rules.check_letter, audience="staff",
        ),
        Move(
            "send", "draft", "sent", "system", _("转诊信已发出"), _("转诊信已签名并发往对方医院"), needs=("letter",),
            tells=(*EVERYBODY, "team:coordinator"),
        ),
        Move(
            "name_doctor", RECEIVING, "", RECEIVE, _("指定接诊医生"), _("%(actor)s 请 %(doctor)s 接诊"),
            needs=("doctor",), tells=(RECEIVER,), audience="staff",
        ),
        Move(
            "accept", "sent", "accepted", RECEIVE, _("对方医院已接收"), _("对方医院已接收，就诊时间地点已定"),
            needs=("appointment",), tells=EVERYBODY,
        ),
        Move(
            "refuse", "sent", "refused", RECEIVE, _("对方医院未接收"), _("对方医院未能接收"), reason=True,
            tells=EVERYBODY,
        ),
        Move(
            "reschedule", "accepted", "", RECEIVE, _("就诊时间有变"), _("对方医院调整了就诊时间"),
            needs=("appointment",), reason=True, tells=EVERYBODY,
        ),
        Move(
            "record_arrival", "accepted", "arrived", RECEIVE, _("患者已到诊"), _("患者已到诊"), tells=EVERYBODY,
            meets=("arrival",),
        ),
        Move(
            "record_absence", "accepted", "missed", RECEIVE, _("患者未到诊"), _("患者未到诊，转诊结束"), reason=True,
            tells=EVERYBODY,
        ),
        Move(
            "report_back", "arrived", "answered", RECEIVE, _("接诊医院已回复"), _("接诊医院回复了诊治结果"),
            tells=EVERYBODY,
        ),
        Move(
            "lapse", "arrived", "unanswered", "system", _("逾期无回复"), _("接诊医院逾期未回复"), tells=("applicant",),
        ),
        Move(
            "withdraw", OPEN[:3], "withdrawn", WITHDRAW, _("撤回转诊"), _("转诊已撤回"),
            tells=(*EVERYBODY, RECEIVER, "team:coordinator"),
        ),
    ),
    clocks=(
        Clock("arrival", _("到诊"), within=Span(urgent=days(1), normal=days(7)),
              late=Alert(to=("team:coordinator", "applicant")), on_call=True),
    ),
)  # fmt: skip
