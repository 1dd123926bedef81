"""The call itself, as a meeting needs it: somewhere to go at the agreed time. The call room is another feature's."""

from typing import Protocol
from uuid import UUID


class Rooms(Protocol):
    """Where meetings take place."""

    def get_address(self, case_id: UUID, meeting_id: UUID) -> str:
        """The page of the call, for whoever may see the case; empty where there is none yet."""
        ...


_rooms: list[Rooms] = []


def set_rooms(rooms: Rooms) -> None:
    """Installed at start-up by the feature that has call rooms (config/wiring.py, PORTS)."""
    _rooms[:] = [rooms]


def get_address(case_id: UUID, meeting_id: UUID) -> str:
    """The page of the call; empty as long as no call rooms are installed: the case's page then says how to meet."""
    return _rooms[0].get_address(case_id, meeting_id) if _rooms else ""
