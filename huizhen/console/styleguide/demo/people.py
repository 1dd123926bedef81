"""Invented people and moments for the style page. No name, number or finding here belongs to anybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import lazy
from django.utils.translation import get_language

from huizhen.console.shapes import Due, Person, Step
from huizhen.kernel import clock
from huizhen.kernel.access import Actor, Membership
from huizhen.people.accounts.requests import Request

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


def sign_in(request: Request, role: str) -> None:
    """Let the page believe that a sample person with this role is looking at it."""
    request.user = ROLES[role]  # type: ignore[assignment]  # a stand-in for an account
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
