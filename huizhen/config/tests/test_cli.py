"""Commands are found by their words and read their arguments from a function's signature."""

import subprocess
import sys

import pytest

from huizhen.config import cli
from huizhen.config.guide.features import ROOT
from huizhen.config.supervisor import backoff
from huizhen.config.supervisor.commands import ports
from huizhen.config.wiring import COMMANDS, find


def example(name: str, count: int = 3, *, batch: int = 500, quiet: bool = False, since: str | None = None) -> None:
    """An example."""


def test_a_signature_becomes_a_syntax():
    parser = cli.parser_of(example, "example")
    assert vars(parser.parse_args(["a"])) == {"name": "a", "count": 3, "batch": 500, "quiet": False, "since": None}
    found = vars(parser.parse_args(["a", "4", "--batch", "7", "--quiet", "--since", "x"]))
    assert found == {"name": "a", "count": 4, "batch": 7, "quiet": True, "since": "x"}


def test_the_longest_words_win():
    command, rest = cli.choose(["demo", "reset", "--help"])
    assert (command.words, rest) == ("demo reset", ["--help"])
    assert cli.choose(["nothing"]) == (None, ["nothing"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_each_command_exists_and_says_what_it_does(command):
    function = find(command.function)
    assert function.__doc__
    cli.parser_of(function, command.words)


def test_an_unknown_command_prints_the_list(capsys):
    assert cli.main(["nonsense"]) == 2
    assert "check-settings" in capsys.readouterr().out


def test_whoever_closes_the_pipe_gets_no_traceback():
    line = [sys.executable, "-m", "huizhen.config.cli", "where", "case"]
    asked = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # Before the first word is written.
    asked.stdout.close()
    complaint = asked.stderr.read()
    assert (asked.wait(), complaint) == (cli.CLOSED_PIPE, "")


def test_waiting_doubles_until_half_a_minute_and_begins_anew_after_good_work():
    waits = [backoff.wait_before(failures) for failures in range(1, 9)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff.next_failures(5, ran_for=1) == 6
    assert backoff.next_failures(5, ran_for=3600) == 1


def test_the_longest_wait_is_a_setting(settings):
    settings.RESTART_WITHIN = 0.1
    assert [backoff.wait_before(failures) for failures in (1, 9)] == [0.1, 0.1]


def test_each_port_is_looked_at_once(settings):
    settings.JOBS_METRICS_PORT = 8003
    found = [port for port, _variable in ports()]
    assert len(found) == len(set(found)) == 9
