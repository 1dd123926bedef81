"""The lists that tie features to the program: commands, what follows events, jobs, the demonstration's loaders.

A feature is named here once, by the dotted name of a module or `module:function`; nothing is imported until it is used.
"""

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Command:
    """One `huizhen …` command: its words, where its function lives, its sentence, and whether Django is set up first.

    The function's signature is the command's syntax: positional parameters are arguments, keyword-only ones are
    options, its docstring is the help. It returns nothing or an exit code.
    """

    words: str
    function: str
    about: str
    django: bool = True


COMMANDS = (
    Command("up", "huizhen.config.supervisor.commands:up", "Start everything under one supervisor", django=False),
    Command("web", "huizhen.config.processes:web", "The process of pages and API", django=False),
    Command("live", "huizhen.config.processes:live", "The process of WebSockets", django=False),
    Command("jobs", "huizhen.config.jobs:run", "The process that works off jobs"),
    Command("migrate", "huizhen.config.prepare:migrate", "Bring the database's tables up to date"),
    Command("prepare", "huizhen.config.prepare:prepare", "Migrate, and load the demonstration where there is none"),
    Command("demo load", "huizhen.config.demo_commands:load", "Load the demonstration into an empty house"),
    Command("demo reset", "huizhen.config.demo_commands:reset", "Throw the demonstration away and load it anew"),
    Command("check-settings", "huizhen.config.settings_commands:check", "Print every setting", django=False),
    Command("secrets", "huizhen.config.settings_commands:secrets", "Print fresh secrets", django=False),
    Command("manage", "huizhen.config.manage:run", "Django's own commands"),
)

# Modules that declare handlers (`outbox.on`) and jobs (`outbox.task`, `outbox.periodic`).
EFFECTS: tuple[str, ...] = ()
JOBS: tuple[str, ...] = ("huizhen.kernel.outbox.rescue",)

# Functions `load(at)` that add their part to the demonstration, in this order; each says what it made.
DEMONSTRATION: tuple[str, ...] = ()


def connect() -> None:
    """Import every module that declares handlers and jobs, so that they are known in each process."""
    for name in (*EFFECTS, *JOBS):
        importlib.import_module(name)


def find(address: str) -> Any:
    """The function named `module:function`."""
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)
