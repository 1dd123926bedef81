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
    Command("simulators", "huizhen.kernel.notify.fakes:main", "Simulated SMS, mail and robots, and their page"),
    Command("migrate", "huizhen.config.prepare:migrate", "Bring the database's tables up to date"),
    Command("prepare", "huizhen.config.prepare:prepare", "Migrate, and load the demonstration where there is none"),
    Command("demo load", "huizhen.config.demo_commands:load", "Load the demonstration into an empty house"),
    Command("demo reset", "huizhen.config.demo_commands:reset", "Throw the demonstration away and load it anew"),
    Command("demo code", "huizhen.people.accounts.commands:demo_code", "Print a demonstration log-in's second factor"),
    Command("people first-admins", "huizhen.people.accounts.commands:first_admins", "Make the first administrators"),
    Command("audit verify", "huizhen.config.kernel_commands:audit_verify", "Find any changed or missing audit entry"),
    Command(
        "crypto rotate", "huizhen.config.kernel_commands:crypto_rotate", "Seal everything anew with the key in use"
    ),
    Command("check-settings", "huizhen.config.settings_commands:check", "Print every setting", django=False),
    Command("settings-page", "huizhen.config.settings_commands:write_page", "Write the manual's table", django=False),
    Command("secrets", "huizhen.config.settings_commands:secrets", "Print fresh secrets", django=False),
    Command("where", "huizhen.config.guide.where:where", "Print the files of a thing, in plain words", django=False),
    Command("map", "huizhen.config.guide.pages:write_map", "Write docs/map.md: which files belong to which feature"),
    Command("flows", "huizhen.config.guide.pages:write_flows", "Draw every flow into docs/flows.md"),
    Command("openapi", "huizhen.api.commands:write", "Write docs/openapi.json: what the JSON API looks like"),
    Command("manage", "huizhen.config.manage:run", "Django's own commands"),
)

# Modules that declare handlers (`outbox.on`) and jobs (`outbox.task`, `outbox.periodic`).
EFFECTS: tuple[str, ...] = (
    "huizhen.kernel.effects",
    "huizhen.people.accounts.effects",
    "huizhen.records.imaging.effects",
    "huizhen.records.pacs.effects",
    "huizhen.consult.joint.effects",
)
JOBS: tuple[str, ...] = (
    "huizhen.kernel.jobs",
    "huizhen.kernel.outbox.rescue",
    "huizhen.kernel.flow.jobs",
    "huizhen.kernel.notify.jobs",
    "huizhen.people.accounts.jobs",
    "huizhen.records.imaging.jobs",
    "huizhen.api.jobs",
)

# Functions without arguments that give the kernel's and the features' ports their implementations.
PORTS: tuple[str, ...] = (
    "huizhen.people.organisations.directory:install",
    "huizhen.people.accounts.fakes:install",
    "huizhen.records.patients.directory:install",
    "huizhen.kernel.effects:register_all",
)

# Functions `load(at)` that add their part to the demonstration, in this order; each says what it made.
DEMONSTRATION: tuple[str, ...] = (
    "huizhen.people.demo.loading:load",
    "huizhen.records.demo:load",
    "huizhen.consult.joint.demo:load",
)


def connect() -> None:
    """Import every module that declares handlers and jobs, and join the ports, so that each process knows them."""
    for name in (*EFFECTS, *JOBS):
        importlib.import_module(name)
    for address in PORTS:
        find(address)()


def find(address: str) -> Any:
    """The function named `module:function`."""
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)
