"""Invented people and cases for the style page. No name, number or finding here belongs to anybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import get_language

from huizhen.console.shapes import (
    Act,
    Attachment,
    Badge,
    Bubble,
    Crumb,
    Due,
    Entry,
    Next,
    Opinion,
    Person,
    ReportVersion,
    Row,
    Series,
    Step,
    Tab,
)
from huizhen.kernel import clock
from huizhen.kernel.access import Actor, Membership

NOBODY = UUID(int=0)


def _pick(chinese: str, english: str) -> str:
    return english if (get_language() or "").startswith("en") else chinese


both = lazy(_pick, str)


@dataclass
class Visitor:
    """Stands in for an account on the style page."""

    name: Any
    kind: str
    username: str = ""
    pk: UUID = NOBODY
    is_authenticated: bool = True
    is_active: bool = True


ROLES = {
    "applicant": Visitor(both("陈立", "Chen Li"), "staff", "chenli"),
    "coordinator": Visitor(both("周敏", "Zhou Min"), "staff", "zhoumin"),
    "expert": Visitor(both("林书华", "Lin Shuhua"), "staff", "linshuhua"),
    "patient": Visitor(both("王秀英", "Wang Xiuying"), "patient"),
}


def sign_in(request: HttpRequest, role: str) -> None:
    """Let the page believe that a sample person with this role is looking at it."""
    request.user = ROLES[role]
    memberships = () if role == "patient" else (Membership(role, NOBODY),)
    request.actor = Actor(NOBODY, str(ROLES[role].name), memberships)
    request.unread = 3


def ago(**length: float) -> datetime:
    """A moment this long ago."""
    return clock.now() - timedelta(**length)


def ahead(**length: float) -> datetime:
    """A moment this far ahead."""
    return clock.now() + timedelta(**length)


def due(at: datetime, *, paused: bool = False) -> Due:
    """A deadline with a story: moved once, with a reason."""
    return Due(
        at=at,
        label=both("专家意见", "Experts' opinions"),
        calendar=both(
            "按自然时间计算，夜间和节假日也算在内。", "Counted around the clock, nights and holidays included."
        ),
        steps=(
            Step(ago(hours=20), both("开始计时，时限 24 小时", "The clock started with 24 hours")),
            Step(
                ago(hours=2),
                both(
                    "周敏延长 2 小时：专家临时有紧急手术", "Zhou Min added 2 hours: the expert was called into surgery"
                ),
            ),
        ),
        paused_at=ago(hours=1) if paused else None,
        paused_why=both("等待申请医生补充资料。", "Waiting for the applicant to add material."),
    )


LIN = Person(
    both("林书华", "Lin Shuhua"),
    both("主任医师，放射科 · 江滨大学附属医院", "Chief physician, radiology · Jiangbin University Hospital"),
)
HE = Person(
    both("何川", "He Chuan"),
    both("主任医师，呼吸科 · 省立医院", "Chief physician, respiratory medicine · Provincial Hospital"),
)
QIN = Person(
    both("秦岚", "Qin Lan"),
    both("副主任医师，胸外科 · 市一院", "Associate chief, thoracic surgery · City First Hospital"),
)
CHEN = Person(both("陈立", "Chen Li"), both("申请医生 · 云岭县医院", "Applicant · Yunling County Hospital"))
ZHOU = Person(both("周敏", "Zhou Min"), both("会诊中心调度", "Coordination centre"))
KIND = both("网络会诊", "Joint consultation")
YUNLING = both("云岭县医院", "Yunling County Hospital")


def rows() -> list[Row]:
    """A worklist, due first."""
    at = "/styleguide/case/"
    return [
        Row(
            at,
            "J26-0417-3",
            KIND,
            both(
                "右肺上叶结节，请判断良恶性及下一步处理", "Nodule in the right upper lobe: benign or not, and what next"
            ),
            Badge(both("正在分配专家", "Assigning experts")),
            both("王秀英，女，68 岁", "Wang Xiuying, female, 68"),
            both("会诊中心", "Coordination centre"),
            ago(hours=1.4),
            due(ago(minutes=25)),
            True,
            True,
            YUNLING,
        ),
        Row(
            at,
            "J26-0415-9",
            KIND,
            both("反复晕厥待查，心电图与超声已上传", "Repeated fainting; ECG and echo are attached"),
            Badge(both("资料待补充", "Material missing"), "waiting"),
            both("赵国强，男，54 岁", "Zhao Guoqiang, male, 54"),
            both("陈立", "Chen Li"),
            ago(hours=3),
            due(ahead(hours=2), paused=True),
            False,
            False,
            YUNLING,
        ),
        Row(
            at,
            "J26-0412-K",
            KIND,
            both("儿童不明原因发热两周，求治疗方案", "Child with fever for two weeks, cause unknown"),
            Badge(both("专家阅片中", "Experts are reading")),
            both("小安，男，7 岁", "Xiao An, male, 7"),
            both("林书华等 3 位专家", "Lin Shuhua and two more"),
            ago(hours=8),
            due(ahead(hours=5, minutes=20)),
            False,
            False,
            both("青溪镇卫生院", "Qingxi Township Clinic"),
        ),
        Row(
            at,
            "J26-0398-2",
            KIND,
            both("髋部骨折术前评估", "Hip fracture, assessment before surgery"),
            Badge(both("报告已发送", "Report delivered"), "ended"),
            both("刘桂兰，女，81 岁", "Liu Guilan, female, 81"),
            both("陈立", "Chen Li"),
            ago(days=1.2),
            due(ahead(days=5, hours=4)),
            False,
            False,
            YUNLING,
        ),
    ]


def tabs() -> list[Tab]:
    """The three scopes of a worklist."""
    return [
        Tab(both("我的", "Mine"), "?scope=mine", True, 4),
        Tab(both("我的团队", "My team's"), "?scope=team", False, 11),
        Tab(both("本机构", "My organisation's"), "?scope=organisation"),
    ]


def entries() -> list[Entry]:
    """A timeline, newest first."""
    return [
        Entry(
            ago(hours=2),
            both("周敏延长了专家意见的时限 2 小时", "Zhou Min gave the experts 2 more hours"),
            both(
                "何川主任临时有紧急手术，预计 16:00 前给出意见。",
                "Dr He was called into emergency surgery; opinion expected before 16:00.",
            ),
            True,
        ),
        Entry(ago(hours=5), both("林书华签署了意见", "Lin Shuhua signed an opinion")),
        Entry(ago(hours=20), both("三位专家接受邀请，开始阅片", "Three experts accepted and began to read")),
        Entry(ago(hours=21), both("周敏确认资料齐全", "Zhou Min found the material complete")),
        Entry(ago(hours=22), both("陈立提交了会诊申请", "Chen Li sent the application")),
    ]


def messages() -> list[Bubble]:
    """A conversation."""
    return [
        Bubble(
            ago(hours=21.5),
            ZHOU,
            str(
                both(
                    "陈医生您好，增强 CT 的延迟期没有看到，方便补传吗？",
                    "Dr Chen, the delayed phase of the CT seems to be missing. Could you add it?",
                )
            ),
        ),
        Bubble(
            ago(hours=21.3),
            CHEN,
            str(both("刚补上，一共 3 个序列。", "Just added, three series in all.")),
            own=True,
            files=(Attachment("CT-20260417-delay.zip", "#", "86 MB"),),
            retract="#",
        ),
        Bubble(ago(hours=21), kind="system", body=str(both("资料已收到", "Material received"))),
        Bubble(ago(hours=6), LIN, "", retracted=True),
        Bubble(
            ago(hours=5),
            LIN,
            str(
                both(
                    "结节边缘有毛刺，建议结合既往片对比。患者两年前的片子还在吗？",
                    "Spiculated margin. Is there an earlier scan to compare with?",
                )
            ),
        ),
    ]


def opinions() -> list[Opinion]:
    """One signed, one that disagrees, one still to come."""
    return [
        Opinion(
            LIN,
            ago(hours=5),
            str(
                both(
                    "右肺上叶尖段 14 mm 混杂磨玻璃结节，边缘毛刺，胸膜牵拉。",
                    "Part-solid nodule, 14 mm, right upper lobe, spiculated, with pleural retraction.",
                )
            ),
            str(
                both(
                    "高度怀疑浸润性病变，建议胸外科评估手术。", "Invasive lesion likely; refer for surgical assessment."
                )
            ),
            chair=True,
        ),
        Opinion(
            QIN,
            ago(hours=3),
            str(both("同意影像描述。", "I agree with the findings.")),
            str(
                both(
                    "患者高龄且肺功能未知，建议先抗炎两周后复查，再决定手术。",
                    "Given age and unknown lung function, treat and scan again in two weeks before deciding.",
                )
            ),
            dissent=True,
        ),
        Opinion(HE, due=due(ahead(hours=2))),
    ]


def series() -> list[Series]:
    """Imaging of the case."""
    here = "/styleguide/frames/"
    return [
        Series(
            "/styleguide/viewer/",
            f"{here}12.png?window=lung",
            str(both("肺窗 1.25 mm", "Lung 1.25 mm")),
            24,
            "CT · 2026-04-16",
        ),
        Series(
            "/styleguide/viewer/",
            f"{here}12.png?window=mediastinum",
            str(both("纵隔窗 5 mm", "Mediastinum 5 mm")),
            24,
            "CT · 2026-04-16",
            faults=(str(both("IM000031：文件不完整", "IM000031: the file is cut short")),),
        ),
    ]


def documents() -> list[Attachment]:
    """Documents of the case."""
    return [
        Attachment(str(both("出院小结.pdf", "Discharge summary.pdf")), "#", "PDF · 420 KB"),
        Attachment(
            str(both("血常规 2026-04-15.jpg", "Blood count 2026-04-15.jpg")),
            "#",
            str(both("图片 · 1.8 MB", "Picture · 1.8 MB")),
        ),
    ]


def reports() -> list[ReportVersion]:
    """A report and its correction."""
    return [
        ReportVersion(
            2,
            ago(hours=1),
            LIN,
            "#",
            correction_of=1,
            why=str(both("补充病灶大小的单位。", "The unit of the lesion's size was added.")),
        ),
        ReportVersion(1, ago(hours=9), LIN, "#"),
    ]


class SampleForm(forms.Form):
    """A form with one of everything, sent once with mistakes in it."""

    patient = forms.CharField(label=both("患者姓名", "Patient's name"), initial="")
    identity = forms.CharField(
        label=both("身份证号", "Identity number"),
        help_text=both("18 位，最后一位可能是 X。", "18 characters; the last may be an X."),
    )
    urgency = forms.ChoiceField(
        label=both("紧急程度", "Urgency"),
        widget=forms.RadioSelect,
        choices=[
            ("normal", both("普通：24 小时内给出意见", "Normal: opinions within 24 hours")),
            ("urgent", both("加急：4 小时内给出意见", "Urgent: opinions within 4 hours")),
        ],
    )
    department = forms.ChoiceField(
        label=both("希望的科室", "Department wanted"),
        choices=[("", both("请选择", "Please choose")), ("r", both("呼吸科", "Respiratory medicine"))],
        required=False,
    )
    summary = forms.CharField(
        label=both("病情摘要", "Summary"),
        widget=forms.Textarea,
        help_text=both("主诉、病史、已做的检查和治疗。", "Complaint, history, examinations and treatment so far."),
    )
    consent = forms.BooleanField(
        label=both("患者已同意提交资料用于本次会诊", "The patient agrees to share this material for this consultation")
    )


def everything() -> dict[str, Any]:
    """What the style page shows."""
    wrong = SampleForm(
        {"patient": str(both("王秀英", "Wang Xiuying")), "identity": "11010519491231002", "urgency": "urgent"}
    )
    wrong.add_error(
        "identity",
        str(both("身份证号应为 18 位，现在是 17 位。", "An identity number has 18 characters; this one has 17.")),
    )
    return {
        "rows": rows(),
        "tabs": tabs(),
        "entries": entries(),
        "talk": messages(),
        "files": documents(),
        "form": wrong,
        "due": due(ahead(hours=2)),
        "due_late": due(ago(minutes=40)),
        "due_paused": due(ahead(hours=1), paused=True),
        "person": LIN,
        "crumbs": [Crumb(both("工作台", "Worklist"), "/"), Crumb("J26-0417-3")],
        "steps": wizard_steps(),
        "next_mine": Next(
            both("邀请专家", "Invite experts"),
            both("资料已齐，距离时限还有 1 小时。", "The material is complete; an hour is left."),
            acts=(
                Act(both("挑选专家", "Choose experts"), href="#"),
                Act(both("请对方补充资料", "Ask for material"), opens="sample"),
            ),
        ),
        "next_wait": Next(
            both("等待何川给出意见", "Waiting for He Chuan's opinion"),
            both(
                "他临时有紧急手术，预计今天 16:00 前完成。", "He was called into surgery; expected before 16:00 today."
            ),
            mine=False,
            acts=(Act(both("催一下", "Remind"), action="#"),),
        ),
    }


def wizard_steps() -> list[dict[str, Any]]:
    """The steps of an application."""
    names = [
        ("患者", "Patient"),
        ("问题与目的", "Question"),
        ("资料", "Material"),
        ("知情同意", "Consent"),
        ("核对提交", "Check and send"),
    ]
    return [{"label": both(*name), "href": f"/styleguide/new-{n}/"} for n, name in enumerate(names, 1)]
