"""`huizhen simulate-instrument`: an instrument on a real line.

huizhen simulate-instrument mllp --port 2575 --specimens T-1,T-2 --mood crumbs,no_vt
huizhen simulate-instrument astm --port 2576 --specimens S-1 --mood repeat_frame
huizhen simulate-instrument astm --specimens S-1 --answer 60 --mood twice
huizhen simulate-instrument text --serial "/dev/ttyS1?baud=9600" --specimens S-1
huizhen simulate-instrument sheet --folder /srv/results --specimens T-1,T-2 --mood half
huizhen simulate-instrument --list-moods
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huizhen.kernel import clock
from huizhen.lab.instruments.fakes.answering import ANSWERS, answer_astm, answer_mllp
from huizhen.lab.instruments.fakes.filing import put_files
from huizhen.lab.instruments.fakes.moods import GROUPS, LINES, BadMood, check_moods
from huizhen.lab.instruments.fakes.saying import astm_message, hl7_message, text_message
from huizhen.lab.instruments.fakes.sending import Connect, send_astm_over, send_mllp_over, send_text_over, tcp
from huizhen.lab.instruments.intake import serial_line

PORTS = {"mllp": 2575, "astm": 2576}
TROUBLE = (BadMood, serial_line.BadAddress, OSError, TimeoutError)


@dataclass(frozen=True)
class Device:
    """An instrument of the simulator: what it speaks, over which line, about what, in which moods."""

    line: str
    connect: Connect
    folder: str
    specimens: tuple[str, ...]
    name: dict[str, str]
    moods: frozenset[str]

    async def send(self) -> str:
        """Send everything once; what came of it."""
        told: str = await getattr(self, f"_{self.line}")()
        return told

    async def _mllp(self) -> str:
        message = hl7_message(self.specimens, self.moods, **self.name)
        answers = await send_mllp_over(self.connect, [message], self.moods)
        return " ".join(answer.segments[1][1] for answer in answers) or "no answer waited for"

    async def _astm(self) -> str:
        messages = [astm_message([one], self.moods, **self.name) for one in self.specimens]
        together = self.moods & {"one_session", "continued_frames"}
        wanted = messages if together else [astm_message(self.specimens, self.moods, **self.name)]
        held = await send_astm_over(self.connect, wanted, self.moods)
        return "acknowledged" if held else "not acknowledged"

    async def _text(self) -> str:
        await send_text_over(self.connect, [text_message(one, self.moods) for one in self.specimens], self.moods)
        return "sent; nobody answers a printed line"

    async def _sheet(self) -> str:
        name = f"run-{clock.now():%Y%m%d%H%M%S}"
        written = await put_files(Path(self.folder), name, self.specimens, self.moods)
        return " ".join(map(str, written))


def simulate(
    protocol: str = "mllp", *, host: str = "127.0.0.1", port: int = 0, serial: str = "", folder: str = "",
    specimens: str = "SIM-0001", name: str = "", mood: str = "", count: int = 1, every: float = 1.0,
    answer: float = 0.0, list_moods: bool = False,
) -> int:  # fmt: skip
    """Be an instrument: send results of SPECIMENS (comma-separated) COUNT times, EVERY so many seconds.

    PROTOCOL is mllp, astm, text (a printed line) or sheet (files into --folder). It calls --host and --port, or speaks
    over a --serial line such as "/dev/ttyS1?baud=9600". --mood takes names, comma-separated, of the ways to misbehave;
    --list-moods prints them. --answer: stay on the line for so many seconds and answer what is asked; the last table
    of --list-moods has its moods.
    """
    if list_moods:
        sys.stdout.write("\n".join(mood_table()) + "\n")
        return 0
    try:
        if protocol not in LINES:
            raise BadMood(f"{protocol}; there are {', '.join(LINES)}")
        words = [word for word in mood.split(",") if word]
        moods = check_moods([word for word in words if word not in ANSWERS], protocol)
        connect = _connect(protocol, host, port, serial, folder)
        tubes = tuple(tube for tube in specimens.split(",") if tube)
        device = Device(protocol, connect, folder, tubes, {"name": name} if name else {}, moods)
        for turn in range(count):
            if turn:
                time.sleep(every)
            sys.stdout.write(asyncio.run(device.send()) + "\n")
        if answer:
            _stay(device, frozenset(words) & ANSWERS.keys(), answer)
    except TROUBLE as error:
        sys.stderr.write(f"{error or 'no answer came'}\n")
        return 2
    return 0


def _connect(protocol: str, host: str, port: int, serial: str, folder: str) -> Connect:
    if protocol == "sheet" and not folder:
        raise BadMood("sheet: --folder is missing")
    if protocol == "text" and not (serial or port):
        raise BadMood("text: --port or --serial is missing; there is no usual port")
    return (lambda: serial_line.connect(serial)) if serial else tcp(host, port or PORTS.get(protocol, 0))


def _stay(device: Device, moods: frozenset[str], seconds: float) -> None:
    answerers: dict[str, Callable[..., Coroutine[Any, Any, list[str]]]] = {"mllp": answer_mllp, "astm": answer_astm}
    if device.line not in answerers:
        raise BadMood(f"{device.line}: such a device is never asked")
    told = asyncio.run(answerers[device.line](device.connect, device.specimens, moods, seconds=seconds, **device.name))
    sys.stdout.write(f"asked for: {', '.join(told) or 'nothing'}\n")


def mood_table() -> Iterator[str]:
    """The tables of moods, as they stand in docs/lab-simulator.md."""
    for title, group in GROUPS.items():
        yield from (f"### {title}", "", "| mood | on | what it does |", "|---|---|---|")
        yield from (f"| `{name}` | {' '.join(mood.on)} | {mood.says} |" for name, mood in group.items())
        yield ""
    yield from ("### When it is asked (`--answer`)", "", "| mood | what it does |", "|---|---|")
    yield from (f"| `{name}` | {says} |" for name, says in ANSWERS.items())
