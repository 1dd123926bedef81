"""The joint consultation as a table: who has the ball, for how long, what may happen. Source: domain, section 1."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint import rules
from huizhen.consult.joint.notices import NOTICES
from huizhen.kernel.access import grant
from huizhen.kernel.calendar import days, hours, minutes, working_days, working_hours
from huizhen.kernel.flow.language import Alert, Clock, Each, Field, Flow, Move, Remind, Span, State, Team, Then
from huizhen.kernel.flow.sentences import register_event

TEAM = ("coordinator", "team_lead")
PATIENT = ("patient", "family")
# Who weighs the answer: their discussion is theirs and the centre's. Neither the patient nor the doctor who asked reads
# it, so that nobody writes for an audience; what they are to know stands in opinions and report.
PANEL = frozenset({"expert", "chair", "duty"})

SEE = grant(
    "consult:joint:see",
    roles=("department_head",),
    team_roles=TEAM,
    # Who co-signs is an expert of the case as well, but for a correction after its end.
    participants=("applicant", *PATIENT, "invitee", "expert", "chair", "cosigner", "duty"),
)
APPLY = grant("consult:joint:apply", roles=("applicant",))
COORDINATE = grant("consult:joint:coordinate", team_roles=TEAM)
SUPPLY = grant("consult:joint:supply", participants=("applicant",))
WITHDRAW = grant("consult:joint:withdraw", participants=("applicant",))
ASK_BACK = grant("consult:joint:ask_back", participants=("applicant", *PATIENT))
ANSWER = grant("consult:joint:answer", participants=("invitee",))
OPINE = grant("consult:joint:opine", participants=("expert",))
COSIGN = grant("consult:joint:cosign", participants=("cosigner",))
CHAIR = grant("consult:joint:chair", participants=("chair",))
REPLY = grant("consult:joint:reply", participants=("expert", "chair"))
CONVENE = grant("consult:joint:convene", team_roles=TEAM, participants=("chair",))
# Where a consultation ends that gives its patient to a hospital, with a report or before there is one.
REFERRED = "referred"
REFER = grant("consult:joint:refer", team_roles=TEAM, participants=("chair",))
READ = grant(
    "consult:joint:read_materials",
    team_roles=TEAM,
    participants=("applicant", *PATIENT, "invitee", "expert", "chair", "duty"),
)
DISCUSS = grant(
    "consult:joint:discuss", team_roles=TEAM, participants=("applicant", *PATIENT, "expert", "chair", "duty")
)

BOTH = ("applicant", *PATIENT)
OPEN = ("submitted", "incomplete", "received", "assigning", "reviewing", "meeting", "drafting")
READING = ("reviewing", "meeting")
INVITING = ("assigning", *READING)
WRITTEN = ("delivered", "answering")
# Family that applied may cease to stand for the patient. Where nobody is left to ask, the centre looks after the case.
ASKING = Field("applicant", otherwise="coordinator")


CONSENT_WITHDRAWN = register_event(
    "consult.joint.consent_withdrawn", _("患者撤回了授权，专家已不能查看资料"), _("患者撤回了授权")
)
# The same by who stands for the patient, and at the desk. Experts of other hospitals read no names of families here.
WITHDRAWN_BY_FAMILY = register_event(
    "consult.joint.consent_withdrawn_by_family",
    _("监护人代患者撤回了授权，专家已不能查看资料"),
    _("监护人代患者撤回了授权"),
)
WITHDRAWN_AT_DESK = register_event(
    "consult.joint.consent_withdrawn_at_desk", _("%(actor)s 应患者要求撤回了授权，专家已不能查看资料"),
    _("患者撤回了授权"),
)  # fmt: skip
AGREED_AGAIN = register_event(
    "consult.joint.agreed_again", _("患者重新授权，专家可以继续查看资料"), _("患者重新授权，会诊可以继续")
)
CONSENT_ENDED = (CONSENT_WITHDRAWN, WITHDRAWN_BY_FAMILY, WITHDRAWN_AT_DESK)
NO_ROOM = register_event(
    "consult.joint.no_room", _("存储空间已满，签名报告暂时无法保存，有空间后自动继续"), _("签名报告在等存储空间")
)
ASKED_AGAIN = register_event("consult.joint.asked_again", _("%(actor)s 请个别专家再看一遍"), _("请您再看一遍"))


def _subject(case: Any) -> Any:
    return case.joint


JOINT = Flow(
    kind="consult.joint",
    letter="J",
    label=_("网络会诊"),
    start="submitted",
    see=SEE,
    steer=COORDINATE,
    capacities=("applicant", *PATIENT, "invitee", "expert", "chair", "cosigner", "duty"),
    ends=("invitee", "expert", "chair", "cosigner", "duty"),
    told_of_delay=BOTH,
    subject=_subject,
    notices=NOTICES,
    states=(
        State(
            "submitted", _("已提交"), owner=Team("coordinator"), within=Span(urgent=minutes(15), normal=hours(2)),
            late=Alert(to=("team:team_lead", *BOTH)),
        ),
        State(
            "incomplete", _("资料待补充"), owner=ASKING, within=Span(urgent=hours(24), normal=hours(72)),
            late=Remind(times=3, every=hours(24), then="withdraw"), pauses=("first_opinion", "report"),
        ),
        State(
            "received", _("资料已收到"), owner=Team("coordinator"), within=Span(urgent=minutes(15), normal=hours(2)),
            late=Alert(to=("team:team_lead",)),
        ),
        State(
            "assigning", _("正在分配专家"), owner=Team("coordinator"),
            within=Span(urgent=hours(1), normal=working_days(1)), late=Alert(to=("team:team_lead", *BOTH)),
        ),
        State(
            "reviewing", _("专家阅片中"), owner=Each("expert"), within=Span(urgent=hours(4), normal=hours(24)),
            late=Alert(to=("team:coordinator", *BOTH)),
        ),
        State(
            "meeting", _("会诊进行中"), owner=Field("chair"), within=Span(urgent=hours(2), normal=hours(24)),
            late=Alert(to=("expert", "team:coordinator")),
        ),
        State(
            "drafting", _("报告生成中"), owner=Field("chair"), within=Span(urgent=hours(2), normal=hours(24)),
            late=Alert(to=("team:coordinator", *BOTH)),
        ),
        State(
            "cosigning", _("专家会签中"), owner=Each("cosigner"), within=Span(urgent=hours(2), normal=hours(24)),
            late=Alert(to=("chair", "team:coordinator", *BOTH)),
        ),
        State(
            "delivered", _("报告已发送"), owner=ASKING, within=Span(urgent=days(7), normal=days(7)),
            late=Then("close"),
        ),
        State(
            "answering", _("追问待答复"), owner=Field("chair"), within=Span(urgent=hours(4), normal=hours(24)),
            late=Alert(to=("expert", "team:coordinator", *BOTH)),
        ),
        State("closed", _("已完成"), end=True),
        State("withdrawn", _("已撤回"), end=True),
        State(REFERRED, _("已转线下"), end=True),
    ),
    moves=(
        Move(
            "ask_material", ("submitted", "received"), "incomplete", COORDINATE, _("请补充资料"),
            _("%(actor)s 请申请人补充资料"), needs=("missing",), tells=BOTH,
        ),
        Move(
            "supply_material", "incomplete", "submitted", SUPPLY, _("已补充资料"), _("%(actor)s 补充了资料"),
            guard=rules.check_supplied, tells=("team:coordinator", *PATIENT),
        ),
        Move(
            "accept_material", ("submitted", "incomplete"), "received", COORDINATE, _("确认资料齐全"),
            _("%(actor)s 确认资料齐全"), guard=rules.check_complete, tells=BOTH,
        ),
        Move(
            "start_assigning", "received", "assigning", COORDINATE, _("开始分配专家"), _("%(actor)s 开始分配专家"),
            tells=BOTH,
        ),
        Move(
            "invite", INVITING, "", COORDINATE, _("邀请专家"), _("%(actor)s 邀请了一位专家"),
            needs=("invitation",), audience="staff",
        ),
        Move(
            "withdraw_invitation", INVITING, "", COORDINATE, _("收回邀请"),
            _("%(actor)s 收回了一份邀请"), needs=("invitation",), audience="staff",
        ),
        Move(
            "accept_invitation", INVITING, "", ANSWER, _("接受邀请"), _("%(actor)s 接受了会诊邀请"),
            needs=("invitation",), tells=("team:coordinator",), audience="staff",
        ),
        Move(
            "decline_invitation", INVITING, "", ANSWER, _("谢绝邀请"), _("%(actor)s 谢绝了会诊邀请"),
            needs=("invitation",), tells=("team:coordinator",), audience="staff",
        ),
        Move(
            "lapse_invitation", INVITING, "", "system", _("邀请逾期"), _("一份邀请逾期未答复"),
            tells=("team:coordinator",), audience="staff",
        ),
        Move(
            "name_chair", ("assigning", "reviewing"), "", COORDINATE, _("指定主会诊专家"),
            _("%(actor)s 指定了主会诊专家"), needs=("invitation",), tells=("chair",), audience="staff",
        ),
        Move(
            "replace_chair", ("meeting", "drafting"), "", COORDINATE, _("更换主会诊专家"),
            _("%(actor)s 更换了主会诊专家"), guard=rules.check_not_approved, needs=("invitation",),
            tells=("chair", "expert"), audience="staff", reason=True,
        ),
        Move(
            "replace_signed_chair", "cosigning", "drafting", COORDINATE, _("更换主会诊专家"),
            _("%(actor)s 更换了主会诊专家，报告由新的主会诊专家重新签发"), guard=rules.check_cosigning,
            needs=("invitation",), tells=("chair", "expert", "cosigner"), audience="staff", reason=True,
        ),
        Move(
            "release_expert", INVITING, "", COORDINATE, _("专家退出会诊"), _("%(actor)s 安排一位专家退出会诊"),
            needs=("invitation",), tells=("expert",), audience="staff", reason=True,
        ),
        Move(
            "start_review", "assigning", "reviewing", COORDINATE, _("开始阅片"), _("%(actor)s 安排专家阅片"),
            guard=rules.check_panel, tells=(*BOTH, "expert"),
        ),
        Move(
            "sign_opinion", ("reviewing", "meeting"), "", OPINE, _("签署意见"), _("专家已阅片：%(actor)s 签署了意见"),
            tells=(*BOTH, "chair"), meets=("first_opinion",),
        ),
        Move(
            "withdraw_opinion", ("reviewing", "meeting"), "", OPINE, _("撤回意见"), _("%(actor)s 撤回了自己的意见"),
            tells=("chair", "team:coordinator"), audience="staff", reason=True,
        ),
        Move(
            "confirm_opinion", READING, "", OPINE, _("维持原意见"), _("%(actor)s 再次审阅后维持原意见"),
            tells=("chair",), audience="staff",
        ),
        Move(
            "retract_opinion", "drafting", "reviewing", OPINE, _("撤回意见重写"),
            _("%(actor)s 撤回意见重写，报告暂缓"), guard=rules.check_not_approved,
            tells=("chair", "team:coordinator", *BOTH), reason=True,
        ),
        Move(
            "offer_times", "reviewing", "", CONVENE, _("会诊时间待选"), _("%(actor)s 提供了会诊时间供选择"),
            guard=rules.check_meeting, needs=("meeting",), tells=("applicant", "expert"), audience="staff",
        ),
        Move(
            "fix_meeting", "reviewing", "", CONVENE, _("会诊时间已定"), _("会诊时间已定"), guard=rules.check_meeting,
            needs=("meeting",), tells=(*BOTH, "expert"),
        ),
        Move(
            "shift_meeting", READING, "", CONVENE, _("会诊时间有变"), _("%(actor)s 调整了会诊时间"), needs=("meeting",),
            tells=(*BOTH, "expert"), reason=True,
        ),
        Move(
            "cancel_meeting", READING, "", CONVENE, _("会诊会议取消"), _("%(actor)s 取消了会诊会议"),
            needs=("meeting",), tells=(*BOTH, "expert"), reason=True,
        ),
        Move(
            "call_meeting", "reviewing", "meeting", CHAIR, _("召集会诊"), _("%(actor)s 召集会诊"),
            guard=rules.check_meeting, tells=(*BOTH, "expert"),
        ),
        Move(
            "start_drafting", ("reviewing", "meeting"), "drafting", CHAIR, _("开始撰写报告"),
            _("专家意见已收齐，开始撰写报告"), guard=rules.check_opinions, tells=BOTH,
        ),
        Move(
            "reopen_review", "drafting", "reviewing", CHAIR, _("请专家再看"), _("%(actor)s 请专家再次审阅"),
            guard=rules.check_reopening, needs=("experts",), tells=BOTH, reason=True,
        ),
        Move(
            "approve_report", "drafting", "", CHAIR, _("签发报告"), _("%(actor)s 已签发，正在生成签名文件"),
            guard=rules.check_draft, audience="staff",
        ),
        Move(
            "ask_cosignatures", "drafting", "cosigning", CHAIR, _("请专家会签"), _("%(actor)s 已签发，请专家会签"),
            guard=rules.check_draft, tells=("cosigner",), audience="staff",
        ),
        Move(
            "cosign", "cosigning", "", COSIGN, _("会签"), _("%(actor)s 已会签"), tells=("chair",), audience="staff",
        ),
        Move(
            "pass_cosigning", "cosigning", "", COSIGN, _("不参与会签"), _("%(actor)s 不参与会签"), tells=("chair",),
            audience="staff",
        ),
        Move(
            "release_cosigner", "cosigning", "", COORDINATE, _("免除会签"), _("%(actor)s 免除了一位专家的会签"),
            needs=("cosigner",), tells=("chair", "cosigner"), audience="staff", reason=True,
        ),
        Move(
            "object_report", "cosigning", "drafting", COSIGN, _("会签提出异议"),
            _("%(actor)s 对报告提出异议，退回修改"), tells=("chair",), audience="staff", reason=True,
        ),
        Move(
            "recall_report", "cosigning", "drafting", CHAIR, _("收回修改"), _("%(actor)s 收回报告修改"),
            tells=("cosigner",), audience="staff", reason=True,
        ),
        Move(
            "deliver", ("drafting", "cosigning"), "delivered", "system", _("发送报告"), _("会诊报告已签名并发送"),
            needs=("report",), tells=(*BOTH, "expert", "team:coordinator"), meets=("report",),
        ),
        Move(
            "correct_report", WRITTEN, "drafting", CHAIR, _("更正报告"),
            _("%(actor)s 正在更正报告，新版签名后另行通知"), tells=(*BOTH, "expert", "team:coordinator"), reason=True,
        ),
        Move(
            "drop_correction", "drafting", "delivered", CHAIR, _("不再更正"), _("%(actor)s 复核后确认报告无需更正"),
            guard=rules.check_correction, tells=(*BOTH, "expert", "team:coordinator"), reason=True,
        ),
        Move(
            "deliver_correction", ("drafting", "cosigning"), "delivered", "system", _("报告已更正，请以新版为准"),
            _("更正后的报告已签名并发送，请以新版为准"), needs=("report",),
            tells=(*BOTH, "expert", "team:coordinator"), meets=("report",),
        ),
        Move(
            "ask_back", WRITTEN, "answering", ASK_BACK, _("追问"), _("%(actor)s 对报告提出追问"),
            tells=("chair", "expert", "team:coordinator"),
        ),
        Move(
            "reply", (*WRITTEN, "drafting"), "", REPLY, _("追问已答复"), _("%(actor)s 答复了追问"), needs=("question",),
            tells=BOTH,
        ),
        Move(
            "correct_closed", "closed", "drafting", CHAIR, _("更正已结束会诊的报告"),
            _("%(actor)s 正在更正报告，新版签名后另行通知"), guard=rules.check_not_approved, reason=True, reopens=True,
            tells=(*BOTH, "team:coordinator"),
        ),
        Move(
            "deliver_late", ("drafting", "cosigning"), "closed", "system", _("报告已更正，请以新版为准"),
            _("更正后的报告已签名并发送，请以新版为准；会诊再次结束"), needs=("report",),
            tells=(*BOTH, "team:coordinator"),
        ),
        Move(
            "drop_late", "drafting", "closed", CHAIR, _("不再更正"),
            _("%(actor)s 复核后确认报告无需更正，会诊再次结束"),
            guard=rules.check_late_correction, tells=(*BOTH, "team:coordinator"), reason=True,
        ),
        Move("settle", "answering", "delivered", "system", _("追问均已答复"), _("追问均已答复"), tells=()),
        Move(
            "take_up_questions", "delivered", "answering", "system", _("追问仍待答复"), _("更正已结束，追问仍待答复"),
            tells=("chair", "expert"),
        ),
        Move("close", "delivered", "closed", WITHDRAW, _("结束会诊"), _("会诊已结束"), tells=BOTH),
        Move(
            "withdraw", OPEN[:-1], "withdrawn", WITHDRAW, _("撤回申请"), _("%(actor)s 撤回了申请"),
            tells=(*BOTH, "team:coordinator", "expert"),
        ),
        Move(
            "refer", OPEN, REFERRED, REFER, _("转线下就诊"), _("%(actor)s 建议转线下就诊"),
            guard=rules.check_not_approved, tells=(*BOTH, "team:coordinator", "expert"), reason=True,
        ),
    ),
    clocks=(
        Clock("first_opinion", _("首份专家意见"), within=Span(urgent=hours(6), normal=hours(48)),
              late=Alert(to=("team:team_lead",))),
        Clock("report", _("会诊报告"), within=Span(urgent=hours(10), normal=hours(96)),
              late=Alert(to=("team:team_lead", *BOTH))),
        Clock("invitation", _("邀请答复"), within=Span(urgent=minutes(30), normal=working_hours(8)),
              late=Then("lapse_invitation"), on_call=True),
    ),
)  # fmt: skip
