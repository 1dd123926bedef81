"""Which page of the console shows what on the style page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from huizhen.console.styleguide.demo import case, forms, parts, records
from huizhen.console.styleguide.demo import people as s
from huizhen.console.styleguide.demo.components import wizard_steps
from huizhen.console.styleguide.demo.people import both


@dataclass(frozen=True)
class Sample:
    """A template, who looks at it, and what it is given."""

    template: str
    role: str
    context: Callable[[], dict[str, Any]]


def work() -> dict[str, Any]:
    """A worklist with four cases."""
    return {
        "tabs": parts.tabs(),
        "rows": parts.rows(),
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


def _step(step: int, **more: Any) -> Callable[[], dict[str, Any]]:
    def context() -> dict[str, Any]:
        base = {
            "steps": wizard_steps(),
            "step": step,
            "draft": f"new-{step}",
            "back": f"/styleguide/new-{step - 1}/" if step > 1 else "",
            "saved_at": s.ago(minutes=3),
            "query": {},
        }
        return {**base, **{name: value() if callable(value) else value for name, value in more.items()}}

    return context


def _materials() -> dict[str, Any]:
    return {"imaging": parts.documents()[:1], "documents": parts.documents(), "endpoint": "/api/v1/uploads"}


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
            (both("问题", "Question"), case.CASE["subject"]),
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
    "case": Sample("consult/joint/case.html", "applicant", case.case_applicant),
    "case-expert": Sample("consult/joint/case.html", "expert", case.case_expert),
    "case-delivered": Sample("consult/joint/case.html", "applicant", case.case_delivered),
    "opinion": Sample("consult/joint/act.html", "expert", case.opinion),
    "new-1": Sample("consult/joint/new/patient.html", "applicant", _step(1, found=FOUND, form=forms.Patient)),
    "new-2": Sample("consult/joint/new/question.html", "applicant", _step(2, form=forms.Question)),
    "new-3": Sample(
        "consult/joint/new/materials.html", "applicant", lambda: {**_step(3, wanted=WANTED)(), **_materials()}
    ),
    "new-4": Sample(
        "consult/joint/new/consent.html",
        "applicant",
        _step(4, form=forms.Consent, consent_text=forms.CONSENT),
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
    "patients": Sample("records/patients/list.html", "applicant", records.patients),
    "patient": Sample("records/patients/patient.html", "applicant", records.patient),
    "viewer": Sample("records/imaging/series.html", "expert", records.viewer),
    "me": Sample("me/home.html", "patient", records.me),
    "me-access": Sample("me/access.html", "patient", records.me_access),
    "me-consents": Sample("me/consents.html", "patient", records.me_consents),
    "notifications": Sample("me/notifications.html", "patient", records.notifications),
    "inbox": Sample("inbox/list.html", "expert", records.inbox),
    "login": Sample("styleguide/login.html", "", lambda: {"form": forms.Login()}),
}
