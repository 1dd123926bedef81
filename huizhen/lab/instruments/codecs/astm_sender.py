"""The sending half of ASTM E1381, without sockets and without a clock: replies and times in, steps out."""

from dataclasses import dataclass

from huizhen.lab.instruments.codecs.astm_frames import ACK, ENQ, EOT, NAK
from huizhen.lab.instruments.codecs.astm_receiver import Send

REPLY_SECONDS = 15.0  # E1381 8.3.1
BUSY_SECONDS = 10.0  # after NAK to ENQ, 8.2.4
YIELD_SECONDS = {"instrument": 1.0, "host": 20.0}  # after ENQ against ENQ the instrument wins, 8.2.7
TRIES = 6


@dataclass(frozen=True)
class Done:
    """All frames were acknowledged and the line is free."""


@dataclass(frozen=True)
class Failed:
    """Given up: `no_reply`, `refused` or `busy`. The message is to be sent again from its first frame."""

    why: str


@dataclass(frozen=True)
class Yielded:
    """The other side wants to send and goes first; this side begins again later by itself."""


Step = Send | Done | Failed | Yielded


class Sender:
    """Sends one message's frames. `side`: `host` or `instrument`."""

    def __init__(self, frames: list[bytes], *, side: str = "host") -> None:
        self._frames = frames
        self._side = side
        self._place = -1  # -1: ENQ is out; n: frame n is out
        self._tries = 0
        self._wait_until: float | None = None
        self.is_waiting = False  # whether the line is free until `tick` says begin
        self.is_over = False

    def start(self, at: float) -> list[Step]:
        """Ask for the line."""
        self.is_waiting, self._place = False, -1
        return self._say(ENQ, at)

    def feed(self, data: bytes, at: float) -> list[Step]:
        """What to do about the other side's reply. Bytes that are none are noise."""
        steps: list[Step] = []
        for byte in data:
            if self.is_over or self.is_waiting:
                break
            one = bytes((byte,))
            if one == ENQ and self._place < 0:
                steps += self._pause(at, YIELD_SECONDS[self._side], Yielded())
            elif one in (ACK, EOT):  # EOT asks to stop soon; it acknowledges as well (8.3.3)
                steps += self._go_on(at) if one == ACK or self._place >= 0 else []
            elif one == NAK:
                steps += self._again(at)
        return steps

    def tick(self, at: float) -> list[Step]:
        """What to do about the time that passed."""
        if self.is_over or self._wait_until is None or at < self._wait_until:
            return []
        if self.is_waiting:
            return self.start(at)
        return self._give_up("no_reply")

    def _go_on(self, at: float) -> list[Step]:
        self._place, self._tries = self._place + 1, 0
        if self._place < len(self._frames):
            return self._say(self._frames[self._place], at)
        self.is_over = True
        return [Send(EOT), Done()]

    def _again(self, at: float) -> list[Step]:
        self._tries += 1
        if self._tries >= TRIES:
            return self._give_up("refused" if self._place >= 0 else "busy")
        if self._place < 0:
            return self._pause(at, BUSY_SECONDS)
        return self._say(self._frames[self._place], at)

    def _pause(self, at: float, seconds: float, *steps: Step) -> list[Step]:
        self.is_waiting, self._wait_until = True, at + seconds
        return list(steps)

    def _say(self, data: bytes, at: float) -> list[Step]:
        self._wait_until = at + REPLY_SECONDS
        return [Send(data)]

    def _give_up(self, why: str) -> list[Step]:
        self.is_over = True
        return [Send(EOT), Failed(why)]
