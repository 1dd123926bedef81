"""What the style page itself shows."""

from typing import Any

from huizhen.console.shapes import Act, Crumb, Next
from huizhen.console.styleguide.demo import forms, parts
from huizhen.console.styleguide.demo.people import LIN, ago, ahead, both, due


def everything() -> dict[str, Any]:
    """What the style page shows."""
    wrong = forms.SampleForm(
        {"patient": str(both("王秀英", "Wang Xiuying")), "identity": "11010519491231002", "urgency": "urgent"}
    )
    wrong.add_error(
        "identity",
        str(both("身份证号应为 18 位，现在是 17 位。", "An identity number has 18 characters; this one has 17.")),
    )
    return {
        "rows": parts.rows(),
        "tabs": parts.tabs(),
        "entries": parts.entries(),
        "talk": parts.messages(),
        "files": parts.documents(),
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
