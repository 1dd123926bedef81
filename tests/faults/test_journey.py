"""Kill -9 at every step of a consultation: nothing is lost, nothing happens twice, and the case goes on to its end.

Each step is a request to the running web process. It is sent three times under one Idempotency-Key, as an app does that
got no answer: the first time the web process dies in the middle of it, the second time the database, the third time it
is carried out, and the jobs process dies in the middle of what follows from it.
"""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import httpx
import psycopg
import pytest

from bench.bringing import Sender, make_study
from tests.faults.running import PATIENCE_SECONDS, Running, running

ROOT = Path(__file__).resolve().parents[2]
# The last thing a write stores, after all it has done: whoever waits for this table has done everything and committed
# nothing.
KEPT_ANSWERS = "api_keptanswer"
# What the jobs of a step write and the step itself does not: news for people, and at the end the file of the report.
NEWS, FILES = "kernel_notification", "kernel_file"
WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND relation = ANY(%s::regclass[]) AND application_name = %s
"""
ONCE = ("opened", "accept_material", "start_assigning", "name_chair", "start_review", "start_drafting",
        "approve_report", "deliver")  # fmt: skip
THRICE = ("invite", "accept_invitation", "sign_opinion")
TOLD = ("opened", "accept_material", "start_assigning", "start_review", "start_drafting", "deliver")
# The step that leaves nothing to the jobs process: a draft tells nobody.
WITHOUT_JOBS = [("PATCH", "mine")]

Answer = httpx.Response | httpx.HTTPError


@dataclass(frozen=True)
class Request:
    """Who asks the API for what."""

    who: str
    method: str
    path: str
    body: Any = None


class Step(Protocol):
    """Carry out one request and come back with its answer; `calm` without killing anybody."""

    def __call__(self, request: Request, *, calm: bool = False) -> httpx.Response: ...


class Person:
    """The other end of `tests.faults.person`."""

    def __init__(self, house: Running) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.person"], env=house.environ, cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._hear() == {"ready": True}

    def do(self, name: str) -> Any:
        """Do what must succeed."""
        self.process.stdin.write(json.dumps(name) + "\n")
        self.process.stdin.flush()
        answer = self._hear()
        assert "error" not in answer, answer
        return answer["done"]

    def _hear(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        assert line, "the person at work has died"
        return json.loads(line)


@pytest.fixture(scope="module")
def house():
    with running(HUIZHEN_RESTART_WITHIN="0.1") as house:
        yield house


@pytest.fixture(scope="module")
def person(house):
    someone = Person(house)
    yield someone
    someone.process.stdin.close()
    someone.process.wait(10)


class App:
    """The apps of everybody, which send again what was not answered."""

    def __init__(self, house: Running, tokens: dict[str, str]) -> None:
        self.base = f"http://127.0.0.1:{house.environ['HUIZHEN_WEB_PORT']}/api/v1/consult/joint"
        self.clients = {
            name: httpx.Client(timeout=PATIENCE_SECONDS, headers={"X-Session-Token": token})
            for name, token in tokens.items()
        }  # fmt: skip

    def send(self, request: Request, key: str) -> Answer:
        """Once; whatever comes of it."""
        try:
            return self.clients[request.who].request(
                request.method, self.base + request.path, json=request.body, headers={"Idempotency-Key": key}
            )
        except httpx.HTTPError as error:
            return error

    def insist(self, request: Request, key: str, *, while_: Callable[[Answer], bool]) -> Answer:
        """Send it again and again."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            answer = self.send(request, key)
            if not while_(answer):
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{request} was never answered; the last: {answer}")


def is_early(answer: Answer) -> bool:
    """Whether nobody listened yet, or the try before still let go of its key."""
    if isinstance(answer, httpx.HTTPError):
        return isinstance(answer, httpx.ConnectError)
    return answer.is_error and answer.json().get("code") == "idempotency_in_progress"


def is_trouble(answer: Answer) -> bool:
    """Whether an app should try again."""
    return isinstance(answer, httpx.HTTPError) or answer.status_code >= 500 or is_early(answer)


@contextmanager
def held(house: Running, *tables: str) -> Iterator[None]:
    """Let nobody write to these tables. If the database dies meanwhile, what is held is let go by its death."""
    holding = house.connect()
    holding.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE MODE")
    try:
        yield
    finally:
        with suppress(psycopg.OperationalError):
            holding.rollback()
        holding.close()


def is_waiting(house: Running, name: str, *tables: str) -> bool:
    """Whether a process waits for tables that are held."""
    with house.connect() as asking:
        return asking.execute(WAITING, [list(tables), f"huizhen-{name}"]).fetchone()[0] > 0


def consult(cast: dict[str, Any], step: Step) -> None:
    """A consultation from application to approved report. Of what three experts do alike, the first does it under
    fire, and the last signature again, because the case goes on by itself after it."""
    case = f"/{step(Request('applicant', 'POST', '', cast['application'])).json()['id']}"

    def move(who: str, name: str) -> None:
        step(Request(who, "POST", f"{case}/moves", {"name": name}))

    move("coordinator", "accept_material")
    move("coordinator", "start_assigning")
    invited = step(Request("coordinator", "POST", f"{case}/invitations", {"expert_ids": cast["experts"]})).json()
    invitations = {row["expert"]["id"]: row["id"] for row in invited}
    for number, expert in enumerate(cast["experts"]):
        path = f"{case}/invitations/{invitations[expert]}/answer"
        step(Request(f"expert-{number}", "POST", path, {"accepts": True}), calm=number > 0)
    chair = invitations[cast["experts"][0]]
    step(Request("coordinator", "POST", f"{case}/chair", {"invitation_id": chair}))
    move("coordinator", "start_review")
    opinion = {"findings": "右肺上叶磨玻璃结节。", "assessment": "考虑早期肺癌可能。", "advice": "建议胸外科手术。"}
    for number in range(len(invitations)):
        step(Request(f"expert-{number}", "PATCH", f"{case}/opinions/mine", opinion), calm=number > 0)
        step(Request(f"expert-{number}", "POST", f"{case}/opinions/mine/signature"), calm=number == 1)
    step(Request("expert-0", "POST", f"{case}/report/approval"))


def die_in_the_middle(house: Running, app: App, request: Request, key: str, victim: str) -> None:
    """Send the request; when all is done and nothing committed, kill -9. Whoever asked is not told that it succeeded."""
    answers: list[Answer] = []
    sending = threading.Thread(target=lambda: answers.append(app.insist(request, key, while_=is_early)))
    with held(house, KEPT_ANSWERS):
        sending.start()
        house.wait(lambda: is_waiting(house, "web", KEPT_ANSWERS) or answers)
        killed = house.kill_family(victim)
    sending.join(PATIENCE_SECONDS)
    assert is_trouble(answers[0]), answers[0].text
    house.wait(lambda: house.is_back(victim, killed))


def carry_out(house: Running, person: Person, app: App, request: Request, key: str) -> tuple[httpx.Response, bool]:
    """Send the request and kill the jobs process, in the middle of a job where the step has one; says whether it has."""
    with held(house, NEWS, FILES):
        answer = app.insist(request, key, while_=is_trouble)
        assert answer.is_success, answer.text
        house.wait(lambda: is_waiting(house, "jobs", NEWS, FILES) or not person.do("facts")["undone"])
        was_busy = is_waiting(house, "jobs", NEWS, FILES)
        house.kill_family("jobs")
        person.do("rescue")
    return answer, was_busy


def test_killed_at_every_step_the_case_arrives_whole(house: Running, person: Person):
    cast = person.do("meet")
    app = App(house, cast["tokens"])
    done: list[str] = []
    idle: list[tuple[str, str]] = []

    def step(request: Request, *, calm: bool = False) -> httpx.Response:
        key = f"step-{uuid4()}"
        if calm:
            return app.insist(request, key, while_=is_trouble)
        die_in_the_middle(house, app, request, key, "web")
        die_in_the_middle(house, app, request, key, "database")
        answer, was_busy = carry_out(house, person, app, request, key)
        facts = person.do("facts")
        assert facts["events"][: len(done)] == done, "what was done stays done"
        assert len(facts["cases"]) == 1
        done[:] = facts["events"]
        if not was_busy:
            idle.append((request.method, request.path.rpartition("/")[2]))
        return answer

    consult(cast, step)
    house.wait(lambda: not person.do("facts")["undone"])

    facts = person.do("facts")
    counts, told = Counter(facts["events"]), Counter(facts["told"])
    assert facts["cases"] == [["delivered", len(facts["events"])]]
    assert {name: counts[name] for name in (*ONCE, *THRICE)} == {**dict.fromkeys(ONCE, 1), **dict.fromkeys(THRICE, 3)}
    assert {name: told[name] for name in (*TOLD, "sign_opinion")} == {**dict.fromkeys(TOLD, 1), "sign_opinion": 3}
    assert facts["asked"] == dict.fromkeys(cast["experts"], 1), "each expert is told of the invitation, once"
    assert facts["reports"] == 1
    assert idle == WITHOUT_JOBS, "the jobs process died in the middle of its work wherever there was any"


def test_a_large_study_on_a_bad_line_is_seen_before_it_is_whole(house: Running, person: Person):
    cast = person.do("meet")
    port, patient = int(house.environ["HUIZHEN_WEB_PORT"]), cast["application"]["patient_id"]
    sender = Sender(port, cast["tokens"]["applicant"], patient, house.wait)
    sent = sender.send(memoryview(make_study(24, 128)), chunk=32 * 1024, cut_every=3)
    assert sent.cuts > 7
    assert 0 < sent.offset < sent.size / 4
    assert [sent.ended[name] for name in ("total", "done", "kept", "known")] == [24, 24, 24, 0]
