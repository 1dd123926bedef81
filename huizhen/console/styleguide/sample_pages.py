"""Which page of the console shows what on the style page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from huizhen.console.shapes import Act, Badge, Crumb, Next, Person
from huizhen.console.styleguide import sample_forms
from huizhen.console.styleguide import samples as s
from huizhen.console.styleguide.samples import both


@dataclass(frozen=True)
class Sample:
    """A template, who looks at it, and what it is given."""

    template: str
    role: str
    context: Callable[[], dict[str, Any]]


WORKLIST = Crumb(both("工作台", "Worklist"), "/styleguide/work/")
CASE = {
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


def work() -> dict[str, Any]:
    """A worklist with four cases."""
    return {
        "tabs": s.tabs(),
        "rows": s.rows(),
        "next": "?after=x",
        "first": "",
        "scope": "mine",
        "query": {},
        "states": [{"code": "reviewing", "label": both("专家阅片中", "Experts are reading")}],
        "live_channels": "account:0",
        "can_apply": True,
    }


def work_empty() -> dict[str, Any]:
    """A worklist with nothing in it."""
    return {**work(), "rows": [], "next": ""}


def _case(next_step: Next) -> dict[str, Any]:
    about = {
        "patient": {
            "name": both("王秀英", "Wang Xiuying"),
            "href": "/styleguide/patient/",
            "line": both("女，68 岁", "female, 68"),
        },
        "purpose": both("明确诊断，制定方案", "Diagnosis and plan"),
        "question": both("结节是否需要手术？如需手术，转往哪里更合适？", "Is surgery needed, and if so, where?"),
        "summary": both(
            "体检发现右肺上叶结节 2 周，无咳嗽咯血。\n既往高血压 10 年，规律服药。吸烟史无。\n4 月 16 日增强 CT 见附件。",
            "Nodule found at a check-up two weeks ago; no cough, no blood.\nHypertension for ten years, treated. Never smoked.\nContrast CT of 16 April attached.",
        ),
        "department": both("呼吸科、胸外科", "Respiratory medicine, thoracic surgery"),
        "applicant": s.CHEN,
    }
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
        "entries": s.entries(),
        "messages_list": s.messages(),
        "composer": {
            "action": "#",
            "client_id": "0",
            "audiences": [
                {"code": "patient", "label": both("患者和医务人员", "Patient and staff")},
                {"code": "staff", "label": both("仅医务人员", "Staff only")},
            ],
        },
        "materials": {"series": s.series(), "documents": s.documents(), "missing": [], "add": "#"},
        "opinions": s.opinions(),
        "about": about,
        "reports": [],
        "dialogs": [
            {
                "id": "delay",
                "title": both("延长时限", "Give more time"),
                "form": sample_forms.Delay(),
                "action": "#",
                "submit": both("延长并通知", "Extend and tell"),
                "grave": False,
            }
        ],
    }


def case_applicant() -> dict[str, Any]:
    """The case as its applicant sees it: somebody else has the ball."""
    return _case(s.everything()["next_wait"])


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
    return {**_case(step), "opinions": s.opinions()[2:]}


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
    return {**made, "path": _path(5), "reports": s.reports(), "opinions": s.opinions()[:2]}


def opinion() -> dict[str, Any]:
    """Writing an opinion beside the material."""
    return {
        "case": {**CASE, "due": s.due(s.ahead(hours=2))},
        "crumbs": [WORKLIST, Crumb(CASE["number"], CASE["href"]), Crumb(both("我的意见", "My opinion"))],
        "title": both("我的意见", "My opinion"),
        "lead": both(
            "签名后不能修改，只能另发一份更正。", "Once signed it cannot be changed, only corrected by another."
        ),
        "form": sample_forms.Opinion(),
        "submit": both("签名并提交", "Sign and send"),
        "draft": "opinion",
        "confirm": both("确认签名？", "Sign now?"),
        "confirm_detail": both(
            "签名后，申请医生和其他专家都能看到您的意见。", "The applicant and the other experts will see your opinion."
        ),
        "materials": {"series": s.series(), "documents": s.documents()},
    }


def _step(step: int, **more: Any) -> Callable[[], dict[str, Any]]:
    def context() -> dict[str, Any]:
        base = {
            "steps": s.wizard_steps(),
            "step": step,
            "draft": f"new-{step}",
            "back": f"/styleguide/new-{step - 1}/" if step > 1 else "",
            "saved_at": s.ago(minutes=3),
            "query": {},
        }
        return {**base, **{name: value() if callable(value) else value for name, value in more.items()}}

    return context


def patient() -> dict[str, Any]:
    """One patient."""
    return {
        "crumbs": [Crumb(both("患者", "Patients"), "/styleguide/patients/"), Crumb(both("王秀英", "Wang Xiuying"))],
        "patient": {
            "name": both("王秀英", "Wang Xiuying"),
            "line": both("女，68 岁 · 云岭县医院", "female, 68 · Yunling County Hospital"),
            "birth": both("1957年12月3日", "3 December 1957"),
            "sex": both("女", "female"),
            "identity": "110***********0021",
            "phone": "138****0021",
            "guardian": Person(both("李建军", "Li Jianjun"), both("儿子", "son")),
        },
        "cases": s.rows()[:1],
        "series": s.series(),
        "documents": s.documents(),
        "apply": "#",
        "can_apply": True,
        "edit": "#",
        "basis": both(
            "您作为本院申请医生可以查看这份档案。本次查看已记录，患者可以看到。",
            "You may see this record as the applicant at this hospital. This reading was noted; the patient can see it.",
        ),
        "consents": [
            {
                "purpose": CASE["subject"],
                "who": both("会诊中心及 3 位受邀专家", "The coordination centre and three experts"),
                "until": both("至会诊结束", "until the consultation ends"),
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
        "others": s.series()[1:],
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
    return {"name": both("王秀英", "Wang Xiuying"), "cases": s.rows()[2:], "next": step}


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


def _materials() -> dict[str, Any]:
    return {"imaging": s.documents()[:1], "documents": s.documents(), "endpoint": "/api/v1/uploads"}


REVIEW = [
    {
        "title": both("患者", "Patient"),
        "href": "#",
        "lines": [(both("姓名", "Name"), both("王秀英，女，68 岁", "Wang Xiuying, female, 68"))],
    },
    {
        "title": both("问题与目的", "Question"),
        "href": "#",
        "lines": [
            (both("目的", "Purpose"), both("明确诊断", "Diagnosis")),
            (both("问题", "Question"), CASE["subject"]),
        ],
    },
]
FOUND = [
    {
        "id": "1",
        "name": both("王秀英", "Wang Xiuying"),
        "line": both("女，68 岁 · 尾号 0021", "female, 68 · number ends in 0021"),
    }
]
WANTED = [
    {"label": both("近三个月的影像", "Imaging of the last three months"), "have": True},
    {"label": both("病历摘要或出院小结", "Case or discharge summary"), "have": False},
]
PAGES: dict[str, Sample] = {
    "work": Sample("work/list.html", "applicant", work),
    "work-empty": Sample("work/list.html", "coordinator", work_empty),
    "case": Sample("consult/joint/case.html", "applicant", case_applicant),
    "case-expert": Sample("consult/joint/case.html", "expert", case_expert),
    "case-delivered": Sample("consult/joint/case.html", "applicant", case_delivered),
    "opinion": Sample("consult/joint/act.html", "expert", opinion),
    "new-1": Sample("consult/joint/new/patient.html", "applicant", _step(1, found=FOUND, form=sample_forms.Patient)),
    "new-2": Sample("consult/joint/new/question.html", "applicant", _step(2, form=sample_forms.Question)),
    "new-3": Sample(
        "consult/joint/new/materials.html", "applicant", lambda: {**_step(3, wanted=WANTED)(), **_materials()}
    ),
    "new-4": Sample(
        "consult/joint/new/consent.html",
        "applicant",
        _step(4, form=sample_forms.Consent, consent_text=sample_forms.CONSENT),
    ),
    "new-5": Sample(
        "consult/joint/new/check.html",
        "applicant",
        _step(
            5,
            review=REVIEW,
            missing=[WANTED[1]["label"]],
            promise=both(
                "提交后，会诊中心会在 15 分钟内查看。", "The coordination centre looks at it within 15 minutes."
            ),
        ),
    ),
    "patients": Sample("records/patients/list.html", "applicant", patients),
    "patient": Sample("records/patients/patient.html", "applicant", patient),
    "viewer": Sample("records/imaging/series.html", "expert", viewer),
    "me": Sample("me/home.html", "patient", me),
    "me-access": Sample("me/access.html", "patient", me_access),
    "me-consents": Sample("me/consents.html", "patient", me_consents),
    "notifications": Sample("me/notifications.html", "patient", notifications),
    "inbox": Sample("inbox/list.html", "expert", inbox),
    "login": Sample("styleguide/login.html", "", lambda: {"form": sample_forms.Login()}),
}
