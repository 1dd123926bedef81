"""A joint consultation on the style page, as its applicant, an expert and the reader of the report see it."""

from typing import Any

from huizhen.console.shapes import Act, Badge, Crumb, Next
from huizhen.console.styleguide.demo import forms, parts
from huizhen.console.styleguide.demo import people as s
from huizhen.console.styleguide.demo.components import everything
from huizhen.console.styleguide.demo.people import both

WORKLIST = Crumb(both("工作台", "Worklist"), "/styleguide/work/")
CASE: dict[str, Any] = {
    "id": s.NOBODY,
    "href": "/styleguide/case/",
    "number": "J26-0412-K",
    "subject": both(
        "右肺上叶结节，请判断良恶性及下一步处理", "Nodule in the right upper lobe: benign or not, and what next"
    ),
}


def _path(now: int) -> list[dict[str, Any]]:
    names = [
        ("已提交", "Submitted"),
        ("资料已收到", "Received"),
        ("分配专家", "Assigning"),
        ("专家阅片", "Reading"),
        ("生成报告", "Drafting"),
        ("报告送达", "Delivered"),
    ]
    return [
        {"label": both(*name), "state": "done" if n < now else "now" if n == now else ""}
        for n, name in enumerate(names)
    ]


def _about() -> dict[str, Any]:
    return {
        "patient": {
            "name": both("王秀英", "Wang Xiuying"),
            "href": "/styleguide/patient/",
            "line": both("女，68 岁", "female, 68"),
        },
        "purpose": both("明确诊断，制定方案", "Diagnosis and plan"),
        "question": both("结节是否需要手术？如需手术，转往哪里更合适？", "Is surgery needed, and if so, where?"),
        "summary": both(
            "体检发现右肺上叶结节 2 周，无咳嗽咯血。\n既往高血压 10 年，规律服药，不吸烟。\n增强 CT 见附件。",
            "Nodule found at a check-up two weeks ago; no cough, no blood.\n"
            "Hypertension for ten years, treated. Never smoked.\nContrast CT attached.",
        ),
        "department": both("呼吸科、胸外科", "Respiratory medicine, thoracic surgery"),
        "applicant": s.CHEN,
    }


def _case(next_step: Next) -> dict[str, Any]:
    return {
        "case": {
            **CASE,
            "state": Badge(both("专家阅片中", "Experts are reading")),
            "urgent": True,
            "late": False,
            "closed": False,
            "owner": both("何川", "He Chuan"),
            "owner_line": both("还有 1 份意见未到", "one opinion still to come"),
            "since": s.ago(hours=20),
            "due": s.due(s.ahead(hours=2)),
            "late_why": both(
                "何川主任临时有紧急手术，时限延长 2 小时。",
                "Dr He was called into emergency surgery; two hours were added.",
            ),
        },
        "path": _path(3),
        "next": next_step,
        "crumbs": [WORKLIST, Crumb(CASE["number"])],
        "entries": parts.entries(),
        "messages_list": parts.messages(),
        "composer": {
            "action": "#",
            "client_id": "0",
            "audiences": [
                {"code": "patient", "label": both("患者和医务人员", "Patient and staff")},
                {"code": "staff", "label": both("仅医务人员", "Staff only")},
            ],
        },
        "materials": {"series": parts.series(), "documents": parts.documents(), "missing": [], "add": "#"},
        "opinions": parts.opinions(),
        "about": _about(),
        "reports": [],
        "dialogs": [
            {
                "id": "delay",
                "title": both("延长时限", "Give more time"),
                "form": forms.Delay(),
                "action": "#",
                "submit": both("延长并通知", "Extend and tell"),
                "grave": False,
            }
        ],
    }


def case_applicant() -> dict[str, Any]:
    """The case as its applicant sees it: somebody else has the ball."""
    return _case(everything()["next_wait"])


def case_expert() -> dict[str, Any]:
    """The case as an expert sees it: write the opinion."""
    step = Next(
        both("写下您的意见", "Write your opinion"),
        both(
            "看完资料后独立给出意见并签名。其他专家的意见在您签名后可见。",
            "Read the material, then give and sign your own opinion. You see the others' once yours is signed.",
        ),
        acts=(
            Act(both("开始书写", "Begin"), href="/styleguide/opinion/"),
            Act(both("需要更多时间", "I need more time"), opens="delay"),
        ),
    )
    return {**_case(step), "opinions": parts.opinions()[2:]}


def case_delivered() -> dict[str, Any]:
    """A case whose report was delivered and corrected."""
    step = Next(
        both("阅读报告", "Read the report"),
        both(
            "7 天内可以向专家追问，之后会诊自动结束。",
            "You may ask back for seven days; then the consultation ends by itself.",
        ),
        acts=(
            Act(both("打开报告", "Open the report"), href="#report"),
            Act(both("追问专家", "Ask back"), href="#talk"),
        ),
    )
    made = _case(step)
    made["case"] = {
        **made["case"],
        "state": Badge(both("报告已发送", "Report delivered"), "ended"),
        "late_why": "",
        "owner": both("陈立", "Chen Li"),
        "owner_line": "",
        "due": s.due(s.ahead(days=6, hours=3)),
    }
    return {**made, "path": _path(5), "reports": parts.reports(), "opinions": parts.opinions()[:2]}


def opinion() -> dict[str, Any]:
    """Writing an opinion beside the material."""
    return {
        "case": {**CASE, "due": s.due(s.ahead(hours=2))},
        "crumbs": [WORKLIST, Crumb(CASE["number"], CASE["href"]), Crumb(both("我的意见", "My opinion"))],
        "title": both("我的意见", "My opinion"),
        "lead": both(
            "签名后不能修改，只能另发一份更正。", "Once signed it cannot be changed, only corrected by another."
        ),
        "form": forms.Opinion(),
        "submit": both("签名并提交", "Sign and send"),
        "draft": "opinion",
        "confirm": both("确认签名？", "Sign now?"),
        "confirm_detail": both(
            "签名后，申请医生和其他专家都能看到您的意见。", "The applicant and the other experts will see your opinion."
        ),
        "materials": {"series": parts.series(), "documents": parts.documents()},
    }
