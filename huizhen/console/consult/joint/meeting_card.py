"""The meeting in one card on the case's page."""

from typing import Any

from huizhen.console.consult.joint import links
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import CONVENE
from huizhen.consult.joint.meetings import ports
from huizhen.consult.joint.meetings.access import VOTE
from huizhen.consult.joint.meetings.queries import get_end


def summary(seen: Seen, meeting: Any) -> dict[str, Any]:
    """The meeting on the case's page: when, or that times are being chosen; nothing where none is wanted."""
    application = seen.application
    if not application.wants_meeting or seen.capacities == {"invitee"}:
        return {"meeting": None}
    may = seen.may(VOTE) or seen.may(CONVENE)
    here = links.act(application.case_id, "meeting") if may else ""
    return {"meeting": shown(seen, meeting) if meeting else {"state": ""}, "meeting_page": here}


def shown(seen: Seen, meeting: Any) -> dict[str, Any]:
    """A meeting as the templates are given it."""
    case_id = seen.application.case_id
    timed = meeting.starts_at is not None
    return {
        "state": meeting.state, "label": meeting.get_state_display(), "minutes": meeting.minutes,
        "starts_at": meeting.starts_at, "ends_at": get_end(meeting) if timed else None,
        "calendar": links.act(case_id, "meeting.ics").rstrip("/") if timed else "",
        "room": ports.get_address(case_id, meeting.id) if meeting.state in ("fixed", "held") else "",
    }  # fmt: skip
