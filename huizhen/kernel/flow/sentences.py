"""The sentence of each timeline entry, in the reader's language: a move's own, or one of the acts every case knows."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel.flow.language import FLOWS, Flow
from huizhen.kernel.flow.models import CaseEvent

ACTS: dict[str, Any] = {
    "opened": _("%(actor)s 提交"),
    "reassigned": _("%(actor)s 转交了负责人"),
    "extended": _("%(actor)s 调整了时限"),
    "hurried": _("%(actor)s 调整了紧急程度"),
    "joined": _("%(actor)s 邀请新成员加入"),
    "left": _("一位成员的参与已结束"),
    "late": _("已超过时限，相关负责人已收到提醒"),
    "reminded": _("已超过时限，已再次提醒负责人"),
}
ACT_LABELS: dict[str, Any] = {
    "opened": _("已提交"),
    "reassigned": _("负责人已变更"),
    "extended": _("时限已调整"),
    "hurried": _("紧急程度已调整"),
    "late": _("已超过时限"),
    "reminded": _("再次提醒：已超过时限"),
}
EVENTS: dict[str, Any] = {}
EVENT_LABELS: dict[str, Any] = {}
SYSTEM_NAME = _("系统")


def register_event(kind: str, sentence: Any, label: Any = None) -> str:
    """Give an event kind that is not a move (`acts.note`) its sentence and, where it tells somebody, the label of
    its notification; returns the kind."""
    EVENTS[kind] = sentence
    if label is not None:
        EVENT_LABELS[kind] = label
    return kind


def sentence_of(event: CaseEvent, kind_of_case: str) -> str:
    """The entry as one sentence.

    Raises:
        LookupError: nobody registered this kind.
    """
    actor = event.actor.name if event.actor else SYSTEM_NAME
    return str(_template(event.kind, FLOWS[kind_of_case])) % {"actor": actor, **event.data}


def _template(kind: str, flow: Flow) -> Any:
    if kind in EVENTS:
        return EVENTS[kind]
    name = kind.removeprefix(f"{flow.kind}.")
    if name in {move.name for move in flow.moves}:
        return flow.move(name).says
    return ACTS[name]
