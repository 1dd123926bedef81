"""Patients, pictures, a patient's own pages and the inbox on the style page."""

from typing import Any
from uuid import UUID

from huizhen.console.shapes import Badge, Crumb, Next, Person
from huizhen.console.styleguide.demo import parts
from huizhen.console.styleguide.demo import people as s
from huizhen.console.styleguide.demo.case import CASE, WORKLIST
from huizhen.console.styleguide.demo.people import both


def patient() -> dict[str, Any]:
    """One patient."""
    return {
        "crumbs": [Crumb(both("患者", "Patients"), "/styleguide/patients/"), Crumb(both("王秀英", "Wang Xiuying"))],
        "patient": {
            "id": UUID(int=0),
            "name": both("王秀英", "Wang Xiuying"),
            "line": both("女，68 岁 · 云岭县医院", "female, 68 · Yunling County Hospital"),
            "birth": both("1957年12月3日", "3 December 1957"),
            "sex": both("女", "female"),
            "identity_kind": both("居民身份证", "Identity card"),
            "identity": "110***********0021",
            "phone": "138****0021",
        },
        "guardians": [{"person": Person(both("李建军", "Li Jianjun"), both("儿子", "son")), "end": "#"}],
        "give_log_in": "#",
        "add_guardian": "#",
        "add": {"imaging": "#", "document": "#"},
        "cases": parts.rows()[:1],
        "series": parts.series(),
        "documents": parts.documents(),
        "apply": "#",
        "can_apply": True,
        "edit": "#",
        "basis": both(
            "您作为本院申请医生可以查看这份档案。本次查看已记录，患者可以看到。",
            "You may see this record as the applicant at this hospital. It was noted, and the patient can see it.",
        ),
        "consents": [
            {
                "purpose": CASE["subject"],
                "who": both("会诊中心及 3 位受邀专家", "The coordination centre and three experts"),
                "until": None,
                "state": Badge(both("有效", "In force")),
            }
        ],
    }


def patients() -> dict[str, Any]:
    """A hospital's patients."""
    people = [
        ("王秀英", "Wang Xiuying", "女，68 岁", "female, 68"),
        ("赵国强", "Zhao Guoqiang", "男，54 岁", "male, 54"),
        ("小安", "Xiao An", "男，7 岁", "male, 7"),
    ]
    return {
        "query": {},
        "can_add": True,
        "patients": [{"href": "/styleguide/patient/", "name": both(a, b), "line": both(c, d)} for a, b, c, d in people],
    }


def viewer() -> dict[str, Any]:
    """The image viewer over drawn slices."""
    names = [
        ("lung", "肺窗", "Lung"),
        ("mediastinum", "纵隔", "Mediastinum"),
        ("bone", "骨窗", "Bone"),
        ("brain", "脑窗", "Brain"),
    ]
    return {
        "crumbs": [WORKLIST, Crumb(CASE["number"], CASE["href"]), Crumb(both("肺窗 1.25 mm", "Lung 1.25 mm"))],
        "series": {
            "base": "/styleguide/frames/",
            "count": 24,
            "start": 12,
            "window": "lung",
            "windows": [{"code": c, "label": both(a, b)} for c, a, b in names],
            "patient": both("王秀英 女 68 岁", "Wang Xiuying F 68"),
            "about": "CT 2026-04-16",
            "label": both("肺窗 1.25 mm", "Lung 1.25 mm"),
        },
        "others": [(both("2025年11月3日", "3 November 2025"), parts.series()[1:])],
    }


def me() -> dict[str, Any]:
    """A patient's start page."""
    step = Next(
        both("专家正在阅片", "The experts are reading"),
        both(
            "预计今天 16:00 前有结果，有进展会马上通知您。", "Expected before 16:00 today; you are told at every step."
        ),
        mine=False,
    )
    return {"name": both("王秀英", "Wang Xiuying"), "cases": parts.rows()[2:], "next": step}


def me_access() -> dict[str, Any]:
    """Who read the record."""
    why = both("会诊 J26-0412-K", "Consultation J26-0412-K")
    return {
        "patients": [],
        "reads": [
            {"at": s.ago(hours=5), "who": s.LIN, "what": both("查看了胸部 CT", "Opened the chest CT"), "why": why},
            {
                "at": s.ago(hours=19),
                "who": s.HE,
                "what": both("查看了出院小结", "Opened the discharge summary"),
                "why": why,
            },
            {
                "at": s.ago(days=2),
                "who": s.CHEN,
                "what": both("打开了健康档案", "Opened the health record"),
                "why": both("本院就诊", "Treatment at this hospital"),
            },
        ],
    }


def me_consents() -> dict[str, Any]:
    """Consents, one in force and one ended."""
    one = {
        "id": 1,
        "purpose": CASE["subject"],
        "who": both("会诊中心及 3 位受邀专家", "The coordination centre and three experts"),
        "what": both("本次提交的影像和文件", "The images and documents of this application"),
        "until": None,
        "active": True,
        "withdraw": "#",
    }
    return {
        "consents": [
            one,
            {
                **one,
                "id": 2,
                "purpose": both("髋部骨折术前评估", "Hip fracture, assessment before surgery"),
                "active": False,
                "ended_at": s.ago(days=40),
            },
        ]
    }


def notifications() -> dict[str, Any]:
    """Ways of being told."""

    def ways(code: str, first: bool) -> list[dict[str, Any]]:
        names = [("in_app", "站内", "Here"), ("sms", "短信", "Text message"), ("email", "邮件", "E-mail")]
        return [
            {
                "code": c,
                "label": both(a, b),
                "name": f"{code}-{c}",
                "on": c != "email",
                "off_limits": first and c == "in_app",
            }
            for c, a, b in names
        ]

    return {
        "quiet": {"start": "22:00", "end": "07:00"},
        "kinds": [
            {
                "code": "step",
                "label": both("我的会诊有进展", "A consultation of mine moved on"),
                "channels": ways("step", True),
            },
            {
                "code": "late",
                "label": both("快到时限或已超时", "Due soon or late"),
                "hint": both("加急的会诊不受免打扰时段限制。", "Urgent ones ignore quiet hours."),
                "channels": ways("late", True),
            },
        ],
    }


def inbox() -> dict[str, Any]:
    """An inbox with two new messages."""
    return {
        "read_all": "#",
        "notes": [
            {
                "id": 1,
                "title": both("请给出意见：J26-0412-K", "Your opinion is wanted: J26-0412-K"),
                "body": CASE["subject"],
                "at": s.ago(minutes=20),
                "href": "/styleguide/case/",
                "new": True,
                "urgent": True,
            },
            {
                "id": 2,
                "title": both("会诊报告已送达", "A report was delivered"),
                "body": both("髋部骨折术前评估", "Hip fracture, assessment before surgery"),
                "at": s.ago(days=1),
                "href": "#",
                "new": False,
                "urgent": False,
            },
        ],
    }
