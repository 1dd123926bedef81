"""`huizhen simulate-instrument`: an instrument on a real line.

huizhen simulate-instrument mllp --port 2575 --specimens T-1,T-2 --misbehave crumbs,no_vt
huizhen simulate-instrument astm --port 2576 --specimens S-1 --misbehave repeat_frame
huizhen simulate-instrument astm --specimens S-1 --answer 60
"""

import asyncio
import sys
import time
from collections.abc import Sequence

from huizhen.lab.instruments.fakes.answering import MOODS, answer_astm, answer_mllp
from huizhen.lab.instruments.fakes.sending import (
    BadMood,
    astm_message,
    check_moods,
    hl7_message,
    send_astm,
    send_mllp,
)

PORTS = {"mllp": 2575, "astm": 2576}


def simulate(
    protocol: str = "mllp", *, host: str = "127.0.0.1", port: int = 0, specimens: str = "SIM-0001", name: str = "",
    misbehave: str = "", count: int = 1, every: float = 1.0, answer: float = 0.0,
) -> int:  # fmt: skip
    """Be an instrument: send results of SPECIMENS (comma-separated) COUNT times, EVERY so many seconds.

    PROTOCOL is mllp or astm. --misbehave takes words, comma-separated: crumbs, together, cut, resend, deaf, no_vt,
    late_cr, lf, nuls, wrong_checksum, repeat_frame, missing_frame, keep_alive, short_frames, whole_frame, contention;
    for what is said: control, failure, elsewhere, power, unknown_test, gb18030, huge. --answer: stay on the line for so
    many seconds and answer what is asked, with a word more: silent, nothing, twice, stranger.
    """
    try:
        words = [word for word in misbehave.split(",") if word]
        asked = frozenset(words) & MOODS.keys()
        moods = check_moods([word for word in words if word not in asked])
    except BadMood as error:
        sys.stderr.write(f"{error}\n")
        return 2
    tubes = [tube for tube in specimens.split(",") if tube]
    for turn in range(count):
        if turn:
            time.sleep(every)
        says = asyncio.run(_once(protocol, host, port, tubes, name, moods))
        sys.stdout.write(says + "\n")
    if answer:
        stay = answer_astm if protocol == "astm" else answer_mllp
        given = {"name": name} if name else {}
        told = asyncio.run(stay(host, port or PORTS[protocol], tubes, asked, seconds=answer, **given))
        sys.stdout.write(f"asked for: {', '.join(told) or 'nothing'}\n")
    return 0


async def _once(protocol: str, host: str, port: int, tubes: Sequence[str], name: str, moods: frozenset[str]) -> str:
    if protocol == "astm":
        message = astm_message(tubes, moods, **({"name": name} if name else {}))
        held = await send_astm(host, port or PORTS["astm"], [message], moods)
        return "acknowledged" if held else "not acknowledged"
    message = hl7_message(tubes, moods, **({"name": name} if name else {}))
    answers = await send_mllp(host, port or PORTS["mllp"], [message], moods)
    return " ".join(answer.segments[1][1] for answer in answers) or "no answer waited for"
