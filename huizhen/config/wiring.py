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
    Command(
        "simulate-upstream", "huizhen.lab.reporting.fakes:main", "A simulated platform that takes reports", django=False
    ),
    Command("up", "huizhen.config.supervisor.commands:up", "Start everything under one supervisor", django=False),
    Command("web", "huizhen.config.processes:web", "The process of pages and API", django=False),
    Command("live", "huizhen.config.processes:live", "The process of WebSockets", django=False),
    Command("lookup", "huizhen.config.processes:lookup", "The process that looks up results", django=False),
    Command("jobs", "huizhen.config.jobs:run", "The process that works off jobs"),
    Command("intake", "huizhen.lab.instruments.intake.process:run", "The process that listens to instruments"),
    Command(
        "dicom-receiver", "huizhen.records.pacs.arrivals.receiver:run", "The process that hospitals' devices send to"
    ),
    Command(
        "simulate-instrument",
        "huizhen.lab.instruments.fakes:simulate",
        "An instrument that sends, also badly",
        django=False,
    ),
    Command("simulators", "huizhen.kernel.fakes:main", "Simulated SMS, mail, robots, and their page", django=False),
    Command("migrate", "huizhen.config.prepare:migrate", "Bring the database's tables up to date"),
    Command("prepare", "huizhen.config.prepare:prepare", "Migrate, and load the demonstration where there is none"),
    Command("demo load", "huizhen.config.demo_commands:load", "Load the demonstration into an empty house"),
    Command("demo reset", "huizhen.config.demo_commands:reset", "Throw the demonstration away and load it anew"),
    Command("demo code", "huizhen.people.accounts.commands:demo_code", "Print a demonstration log-in's second factor"),
    Command("people first-admins", "huizhen.people.accounts.commands:first_admins", "Make the first administrators"),
    Command("audit verify", "huizhen.config.kernel_commands:audit_verify", "Find any changed or missing audit entry"),
    Command("audit adopt", "huizhen.config.kernel_commands:audit_adopt", "Take over a restored database's journals"),
    Command(
        "crypto rotate", "huizhen.config.kernel_commands:crypto_rotate", "Seal everything anew with the key in use"
    ),
    Command("lab load-catalogue", "huizhen.lab.catalogue.commands:load", "Add the tests that ship with the product"),
    Command("check-settings", "huizhen.config.settings_commands:check", "Print every setting", django=False),
    Command("settings-page", "huizhen.config.settings_commands:write_page", "Write the manual's table", django=False),
    Command("secrets", "huizhen.config.settings_commands:secrets", "Print fresh secrets", django=False),
    Command("suggestions retrain", "huizhen.consult.suggestions.commands:retrain", "Learn from closed cases"),
    Command("where", "huizhen.config.guide.where:where", "Print the files of a thing, in plain words", django=False),
    Command("map", "huizhen.config.guide.pages:write_map", "Write docs/map.md: which files belong to which feature"),
    Command("flows", "huizhen.config.guide.pages:write_flows", "Draw every flow into docs/flows.md"),
    Command("openapi", "huizhen.api.commands:write", "Write docs/openapi.json: what the JSON API looks like"),
    Command("consult templates", "huizhen.consult.joint.findings.catalogue:load_command", "Add the opinion templates"),
    Command("manage", "huizhen.config.manage:run", "Django's own commands"),
)

# Modules that declare handlers (`outbox.on`) and jobs (`outbox.task`, `outbox.periodic`).
EFFECTS: tuple[str, ...] = (
    "huizhen.kernel.effects",
    "huizhen.people.accounts.effects",
    "huizhen.records.patients.effects",
    "huizhen.records.documents.effects",
    "huizhen.records.imaging.effects",
    "huizhen.records.transcripts.effects",
    "huizhen.records.pacs.effects",
    "huizhen.records.merging.effects",
    "huizhen.records.pacs.arrivals.effects",
    "huizhen.records.emergency.effects",
    "huizhen.records.fhir.effects",
    "huizhen.consult.joint.effects",
    "huizhen.consult.suggestions.effects",
    "huizhen.lab.instruments.effects",
    "huizhen.lab.results.effects",
    "huizhen.lab.specimens.effects",
    "huizhen.lab.reporting.effects",
    "huizhen.lab.histories.effects",
    "huizhen.consult.duty.effects",
    "huizhen.lab.exceptions.effects",
    "huizhen.consult.joint.meetings.effects",
    "huizhen.consult.joint.aftercare.effects",
    "huizhen.consult.referrals.effects",
)
JOBS: tuple[str, ...] = (
    "huizhen.kernel.jobs",
    "huizhen.kernel.outbox.rescue",
    "huizhen.kernel.flow.jobs",
    "huizhen.kernel.notify.jobs",
    "huizhen.people.accounts.jobs",
    "huizhen.lab.instruments.jobs",
    "huizhen.lab.specimens.jobs",
    "huizhen.lab.results.jobs",
    "huizhen.records.imaging.jobs",
    "huizhen.records.fhir.jobs",
    "huizhen.records.merging.jobs",
    "huizhen.records.pacs.arrivals.jobs",
    "huizhen.consult.duty.jobs",
    "huizhen.lab.exceptions.jobs",
    "huizhen.lab.reporting.jobs",
    "huizhen.api.jobs",
    "huizhen.consult.joint.jobs",
    "huizhen.consult.joint.meetings.jobs",
    "huizhen.consult.joint.questions.jobs",
    "huizhen.consult.joint.aftercare.jobs",
    "huizhen.consult.referrals.jobs",
)

# Functions without arguments that give the kernel's and the features' ports their implementations.
PORTS: tuple[str, ...] = (
    "huizhen.people.organisations.directory:install",
    "huizhen.people.accounts.fakes:install",
    "huizhen.records.patients.directory:install",
    "huizhen.records.emergency.grounds:install",
    "huizhen.consult.joint.resting:install",
    "huizhen.consult.joint.laying:install",
    "huizhen.consult.referrals.following:install",
    "huizhen.lab.results.joining:install",
    "huizhen.lab.histories.copying:install",
    "huizhen.consult.joint.copying:install",
    "huizhen.kernel.effects:register_all",
)

# Functions `make(at)`: what stands in for the outside world in the demonstration, sample people or not.
STAND_INS: tuple[str, ...] = ("huizhen.consult.joint.report.chosen:make_demonstration_ca",)

# Functions `load(at)` that add their part to the demonstration, in this order; each says what it made.
DEMONSTRATION: tuple[str, ...] = (
    "huizhen.people.demo.loading:load",
    "huizhen.records.demo:load",
    "huizhen.records.emergency.demo:load",
    "huizhen.records.fhir.demo:load",
    "huizhen.records.pacs.arrivals.demo:load",
    "huizhen.consult.joint.findings.catalogue:load",
    "huizhen.consult.panels.demo:load",
    "huizhen.consult.contracts.demo:load",
    "huizhen.consult.duty.demo:load",
    "huizhen.consult.joint.demo:load",
    "huizhen.consult.referrals.demo:load",
    "huizhen.consult.suggestions.demo:load",
    "huizhen.lab.instruments.demo:load",
    "huizhen.lab.demo:load",
)


def connect(*, does_jobs: bool = True) -> None:
    """Import every module that declares handlers and jobs, and join the ports, so that each process knows them.

    The intake process emits no events and runs no jobs; without their modules it needs a third less memory.
    """
    for name in (*EFFECTS, *JOBS) if does_jobs else ():
        importlib.import_module(name)
    for address in PORTS:
        find(address)()


def find(address: str) -> Any:
    """The function named `module:function`."""
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)
