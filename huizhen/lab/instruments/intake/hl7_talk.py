"""The talk of an HL7 line: what comes is taken and answered, and orders have arrived when the instrument says so."""

from collections.abc import Callable, Sequence
from datetime import datetime

from huizhen.lab.instruments import rules
from huizhen.lab.instruments.codecs import acknowledging, hl7, mllp
from huizhen.lab.instruments.codecs.astm_receiver import Send
from huizhen.lab.instruments.intake.steps import IDLE_SECONDS, Sent, Step, Take, new_control_id
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.understanding import questions
from huizhen.lab.instruments.understanding.questions import Found

ANSWER_SECONDS = 30.0  # so long orders wait for their answer, or for any other answer where many are under way


class Mllp:
    """HL7 over MLLP, release 1 or 2."""

    protocol = "hl7"

    def __init__(self, profile: Profile | None = None) -> None:
        self._profile = profile
        self._deframer = mllp.Deframer()
        self._heard_at = 0.0
        self._awaited: dict[str, tuple[str, float]] = {}  # by MSH-10: the name of a download, and when it went out
        self._answered_at = 0.0

    def know(self, profile: Profile) -> None:
        """From now on by this profile, the reply to what was just said included."""
        self._profile = profile

    def feed(self, data: bytes, at: float) -> Sequence[Step]:
        """Messages that end in these bytes."""
        self._heard_at = at
        return [*(step for block in self._deframer.feed(data) for step in self._take(block)), *self._late(at)]

    def tick(self, at: float) -> Sequence[Step]:
        """A message whose end never came is taken as it is; orders that nobody answers have not arrived."""
        ended = self._ended("missing_fs") if at - self._heard_at >= IDLE_SECONDS else []
        return [*ended, *self._late(at)]

    def close(self) -> Sequence[Step]:
        """What is left when the line is gone: nobody was told that it is kept, so all of it comes again. Orders that
        were not answered have not arrived."""
        lost = [Sent(name, False) for name, _ in self._awaited.values()]
        self._awaited.clear()
        return [*self._ended("cut_off"), *lost]

    def _ended(self, fault: str) -> list[Step]:
        return [step for block in self._deframer.end(fault) for step in self._take(block)]

    def download(self, name: str, payload: bytes, at: float) -> Sequence[Step]:
        """MLLP lets both sides speak at any time. Orders are waited for; of anything else the answer is a message."""
        sent = Send(mllp.frame(payload))
        number = questions.number_of_orders(payload)
        if not number:
            return (sent, Sent(name, True))
        self._awaited[number] = (name, at)
        return (sent,)

    def _late(self, at: float) -> list[Sent]:
        """Who answers one by one is not late as long as answers come."""
        late = [number for number, (_, sent_at) in self._awaited.items()
                if at - max(sent_at, self._answered_at) >= ANSWER_SECONDS]  # fmt: skip
        return [Sent(self._awaited.pop(number)[0], False) for number in late]

    def _answered(self, message: hl7.Message, content: bytes) -> list[Step]:
        """What the instrument says to what it was sent. What it refuses is kept, for people to see."""
        told = questions.hl7_told(message)
        self._answered_at = self._heard_at
        name, _ = self._awaited.pop(told.number, ("", 0.0))
        steps: list[Step] = [Sent(name, told.took, told.is_final)] if name else []
        return [*steps, Take(content, told.problems, answers=True)] if told.problems else steps

    def _take(self, block: mllp.Block) -> Sequence[Step]:
        if block.commit is not None:
            return ()
        try:
            message = hl7.parse(block.content)
        except hl7.NotHL7:
            return (Take(block.content, ("not_hl7", *block.faults), self._refuse),)
        how = questions.answers_how(message)
        is_broken = rules.is_broken(block.faults)  # half an answer denies nothing, half a question asks for half a name
        if how == "acknowledged":
            return () if is_broken else self._answered(message, block.content)
        if how == "nothing" and not is_broken:
            return (Take(block.content, ("nothing_there",), denies=True),)
        faults = tuple(fault for fault in block.faults if fault != "missing_vt")
        question = None if is_broken else questions.hl7_question(message, self._profile)
        if question:
            return (Take(block.content, faults, lambda at: self._committed, question, self._answers(message)),)
        return (Take(block.content, faults, lambda at: self._acknowledge(message, at, held=not is_broken)),)

    @property
    def _committed(self) -> bytes:
        release_2 = self._profile and self._profile.link["framing"] == "mllp2"
        return mllp.COMMITTED if release_2 else b""

    def _acknowledge(self, message: hl7.Message, at: datetime, *, held: bool) -> bytes:
        answers = acknowledging.acknowledge(message, new_control_id, at=at, held=held)
        return self._committed + b"".join(map(mllp.frame, answers))

    def _refuse(self, at: datetime) -> bytes:
        return self._committed + mllp.frame(acknowledging.refuse(new_control_id(), at=at))

    def _answers(self, message: hl7.Message) -> Callable[[Found, datetime], bytes]:
        return lambda found, at: questions.hl7_answer(message, found, self._profile, new_control_id, at=at)
