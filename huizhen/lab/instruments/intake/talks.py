"""Talks with instruments, without sockets and without a clock: bytes in, steps out; one for each kind of line."""

from collections.abc import Callable, Sequence
from datetime import datetime

from huizhen.lab.instruments.codecs import astm_frames, plain
from huizhen.lab.instruments.codecs.astm_receiver import Keep, Receiver, Send
from huizhen.lab.instruments.codecs.astm_sender import Done, Failed, Sender
from huizhen.lab.instruments.intake.hl7_talk import Mllp
from huizhen.lab.instruments.intake.steps import IDLE_SECONDS, Sent, Step, Take, Talk
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.understanding import questions
from huizhen.lab.instruments.understanding.questions import Found


class Astm:
    """ASTM over any line, both directions: while we send, replies go to the sender; the instrument's ENQ wins."""

    protocol = "astm"

    def __init__(self, profile: Profile | None = None) -> None:
        self._profile = profile
        link = profile.link if profile else {}
        self._receiver = Receiver(has_checksum=link.get("checksum", True), counts=link.get("numbers", True))
        self._waiting: list[tuple[str, list[bytes]]] = []
        self._sender: Sender | None = None
        self._sending = ""

    def know(self, profile: Profile) -> None:
        """What is asked and downloaded from now on is by this profile; how frames come has been seen already."""
        self._profile = profile

    def feed(self, data: bytes, at: float) -> Sequence[Step]:
        """Replies to what we send, or what the instrument sends."""
        steps: list[Step] = []
        for number, byte in enumerate(data):
            sender = self._sender
            if sender is None or sender.is_waiting:
                steps += self._received(self._receiver.feed(data[number:], at), at)
                break
            one = bytes((byte,))
            steps += self._sent(sender.feed(one, at), at)
            if one == astm_frames.ENQ:  # contention: answered as a receiver
                steps += self._received(self._receiver.feed(one, at), at)
        return [*steps, *self._next(at)]

    def tick(self, at: float) -> Sequence[Step]:
        """A silent sender is given up; what waits to be sent is begun."""
        steps = self._received(self._receiver.tick(at), at)
        if self._sender and not self._receiver.in_session:
            steps += self._sent(self._sender.tick(at), at)
        return [*steps, *self._next(at)]

    def close(self) -> Sequence[Step]:
        """What is left when the line is gone; a download under way did not arrive."""
        lost = [Sent(name, False) for name, _ in self._waiting]
        lost += [Sent(self._sending, False)] if self._sender else []
        self._sender, self._waiting = None, []
        return [*self._received(self._receiver.close(), 0.0), *lost]

    def download(self, name: str, payload: bytes, at: float) -> Sequence[Step]:
        """Send a message when the line is free: after what the instrument sends now, and what waits already."""
        whole = bool(self._profile and self._profile.orders.get("whole_message"))
        self._waiting.append((name, astm_frames.frames(payload, whole=whole)))
        return self._next(at)

    def _next(self, at: float) -> list[Step]:
        if self._sender is not None or self._receiver.in_session or not self._waiting:
            return []
        self._sending, frames = self._waiting.pop(0)
        self._sender = Sender(frames)
        return self._sent(self._sender.start(at), at)

    def _sent(self, steps: Sequence[object], at: float) -> list[Step]:
        found: list[Step] = []
        for step in steps:
            if isinstance(step, Send):
                found.append(step)
            elif isinstance(step, Done | Failed):
                self._sender = None
                found.append(Sent(self._sending, isinstance(step, Done)))
        return found

    def _received(self, steps: Sequence[Send | Keep], at: float) -> list[Step]:
        found: list[Step] = []
        for step in steps:
            if isinstance(step, Send):
                found.append(step)
                continue
            question = None if step.faults else questions.astm_question(step.payload, self._profile)
            denies = not step.faults and question is None and questions.astm_denies(step.payload)
            faults = ("nothing_there",) if denies else step.faults
            found.append(Take(step.payload, faults, _saying(step.reply), question, self._answer, denies))
        return found

    def _answer(self, found: Found, at: datetime) -> bytes:
        """An ASTM answer is a session of its own: the line says when it may begin."""
        return questions.astm_answer(found, self._profile, at=at)


def _saying(reply: bytes) -> Callable[[datetime], bytes]:
    return lambda at: reply


class Plain:
    """A device that is only listened to: text of its own, or ASTM records without frames."""

    def __init__(self, profile: Profile) -> None:
        self.protocol = profile.protocol
        self._cutter = cutter_for(profile)
        self._heard_at = 0.0

    def know(self, profile: Profile) -> None:
        """Such a line is always known: its text could not be cut otherwise."""

    def feed(self, data: bytes, at: float) -> Sequence[Step]:
        """Messages that end in these bytes."""
        self._heard_at = at
        return [Take(piece.content, piece.faults) for piece in self._cutter.feed(data)]

    def tick(self, at: float) -> Sequence[Step]:
        """Silence ends a message that was begun."""
        return self.close() if at - self._heard_at >= IDLE_SECONDS else ()

    def close(self) -> Sequence[Step]:
        """What is left when the line is gone."""
        return [Take(piece.content, piece.faults) for piece in self._cutter.end()]

    def download(self, name: str, payload: bytes, at: float) -> Sequence[Step]:
        """Such a device hears nothing."""
        return (Sent(name, False),)


def cutter_for(profile: Profile) -> plain.Records | plain.Text:
    """What cuts the stream of a device without frames."""
    if profile.protocol == "astm":
        return plain.Records()
    link = profile.link
    return plain.Text(link.get("start", "").encode("latin-1"), link.get("end", "\n").encode("latin-1"))


def talk_for(profile: Profile | None, protocol: str) -> Talk:
    """The talk that a line of this profile needs; of an unknown caller, that of the port it called."""
    if profile is None:
        return Mllp() if protocol == "hl7" else Astm()
    framing = profile.link["framing"]
    if framing in ("mllp", "mllp2"):
        return Mllp(profile)
    return Astm(profile) if framing == "astm" else Plain(profile)
