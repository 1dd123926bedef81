"""`huizhen …`: finds the command in `wiring.COMMANDS`, reads its arguments from its signature, and runs it."""

import argparse
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

from huizhen.config.options import BadOption
from huizhen.config.trouble import Trouble
from huizhen.config.wiring import COMMANDS, Command, find

SETTINGS_HELP = "docs/operations.md names every setting; `huizhen check-settings` prints them as they are."

# As a shell tells the end by SIGPIPE: whoever reads, such as `head`, has read enough.
CLOSED_PIPE = 141


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a trouble is a sentence on standard error and code 1."""
    words = list(sys.argv[1:] if words is None else words)
    command, rest = choose(words)
    if command is None:
        sys.stdout.write(overview())
        return 0 if not words or words[0] in {"help", "-h", "--help"} else 2
    try:
        code = _run(command, rest)
        sys.stdout.flush()
        return code
    except Trouble as trouble:
        return _say(trouble.what, trouble.todo)
    except (BadOption, ImproperlyConfigured) as error:
        return _say(str(error), SETTINGS_HELP)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # What is still to be written goes nowhere, or Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE


def choose(words: Sequence[str]) -> tuple[Command | None, list[str]]:
    """Find the command whose words the line begins with, longest first; return it and what is left."""
    for command in sorted(COMMANDS, key=lambda command: -len(command.words)):
        parts = command.words.split()
        if list(words[: len(parts)]) == parts:
            return command, list(words[len(parts) :])
    return None, list(words)


def overview() -> str:
    """The list of commands."""
    rows = "".join(f"  {command.words:<18} {command.about}\n" for command in COMMANDS)
    return f"huizhen COMMAND\n\n{rows}\nhuizhen COMMAND --help tells more.\n"


def parser_of(function: Callable[..., Any], name: str) -> argparse.ArgumentParser:
    """Turn a signature into a parser: positional parameters, `--options` for keyword-only ones, flags for booleans."""
    parser = argparse.ArgumentParser(prog=f"huizhen {name}", description=inspect.getdoc(function))
    for parameter in inspect.signature(function).parameters.values():
        kind = _plain_type(parameter.annotation)
        if parameter.kind is parameter.VAR_POSITIONAL:
            parser.add_argument(parameter.name, nargs=argparse.REMAINDER)
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            optional = parameter.default is not parameter.empty
            parser.add_argument(parameter.name, type=kind, nargs="?" if optional else None, default=parameter.default)
        elif kind is bool:
            parser.add_argument(f"--{parameter.name.replace('_', '-')}", action="store_true")
        else:
            required = parameter.default is parameter.empty
            parser.add_argument(
                f"--{parameter.name.replace('_', '-')}", type=kind, default=parameter.default, required=required
            )
    return parser


def _plain_type(annotation: Any) -> Any:
    """The type that reads an argument: `int` of `int` and of `int | None`."""
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in typing.get_args(annotation) if part is not types.NoneType)
    return annotation if annotation in {int, float, bool} else str


def _run(command: Command, words: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")
    if command.django:
        django.setup()
    function = find(command.function)
    parameters = inspect.signature(function).parameters.values()
    found = vars(parser_of(function, command.words).parse_args(words))
    named = {name.name: found[name.name] for name in parameters if name.kind is name.KEYWORD_ONLY}
    given: list[Any] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            given += found[parameter.name]
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            given.append(found[parameter.name])
    return function(*given, **named) or 0


def _say(what: str, todo: str) -> int:
    sys.stderr.write(f"✗ {what}\n→ {todo}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
