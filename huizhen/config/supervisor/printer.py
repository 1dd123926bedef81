"""The combined log: each line with the name of its process, in colour on a terminal, plain into a file or pipe."""

import os
import sys
from typing import TextIO

COLOURS = {"database": 34, "web": 32, "live": 36, "lookup": 33, "jobs": 35, "huizhen": 1}
WIDTH = 8


class Printer:
    """Writes whole lines, so that two processes never share one."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream
        self.coloured = stream.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        """Write one line of one process; a reader that went away (closed pipe) is no reason to stop."""
        head = f"{name:<{WIDTH}}"
        if self.coloured:
            head = f"\x1b[{COLOURS.get(name, 0)}m{head}\x1b[0m"
        try:
            self.stream.write(f"{head} │ {text}\n")
            self.stream.flush()
        except (BrokenPipeError, ValueError):
            return

    def say(self, text: str) -> None:
        """Write a line of the supervisor itself."""
        self.line("huizhen", text)
