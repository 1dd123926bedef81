"""Kill -9 at every step of a consultation: nothing is lost, nothing happens twice, and the case goes on to its end."""

import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from huizhen.people.tests.builders import PASSWORD
from tests.faults.running import Running, running

ROOT = Path(__file__).resolve().parents[2]
# Each step and what is killed in the middle of it. The database dies while the step is done and not committed; jobs
# die before they have seen it. Not every step kills: a supervisor waits longer after each quick death, as it should.
WALK = (
    ("submit", (), "database"),
    ("accept", (), "jobs"),
    ("assign", (), ""),
    ("invite", (), "database"),
    ("answer", (0,), "jobs"),
    ("answer", (1,), ""),
    ("answer", (2,), ""),
    ("chair", (), ""),
    ("review", (), ""),
    ("sign", (0,), ""),
    ("sign", (1,), "jobs"),
    ("sign", (2,), "database"),
)
ONCE = ("opened", "accept_material", "start_assigning", "name_chair", "start_review", "start_drafting",
        "approve_report", "deliver")  # fmt: skip
THRICE = ("invite", "accept_invitation", "sign_opinion")
TOLD = ("opened", "accept_material", "start_assigning", "start_review", "start_drafting", "deliver")


class Person:
    """The other end of `tests.faults.person`."""

    def __init__(self, house: Running) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.person"], env=house.environ, cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._hear() == {"ready": True}

    def tell(self, **order: Any) -> dict[str, Any]:
        """Give an order; what came of it."""
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._hear()

    def do(self, step: str, *given: Any) -> Any:
        """Do a step that must succeed."""
        answer = self.tell(do=step, **{"with": given})
        assert "error" not in answer, answer
        return answer["done"]

    def begin(self, step: str, *given: Any) -> None:
        """Do a step and stop before it is committed."""
        assert self.tell(do=step, hold=True, **{"with": given}) == {"held": True}

    def commit(self) -> dict[str, Any]:
        """Go on with what was begun."""
        return self.tell()

    def _hear(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        assert line, "the person at work has died"
        return json.loads(line)


@pytest.fixture(scope="module")
def house():
    with running(HUIZHEN_DEMO_LOAD="no") as house:
        yield house


@pytest.fixture(scope="module")
def person(house):
    someone = Person(house)
    yield someone
    someone.process.stdin.close()
    someone.process.wait(10)


def kill_midway(house: Running, person: Person, step: str, given: tuple, victim: str) -> None:
    """Do the step with something killed in the middle; killed with it, it is done again as a person would."""
    if victim == "database":
        person.begin(step, *given)
        sessions = house.find("database").children(recursive=True)
        killed = house.kill("database")
        # A session may finish what it was told before it notices that its parent is dead; that would be a real commit.
        psutil.wait_procs(sessions, timeout=30)
        assert "error" in person.commit(), "what was not committed must not seem done"
        house.wait(lambda: house.is_back("database", killed))
        house.wait(lambda: house.get("/readyz")[0] == 200)
    elif victim:
        house.kill(victim)
    person.do(step, *given)


def settled(person: Person) -> bool:
    """Whether no job is waiting or being done."""
    return person.do("facts")["undone"] == []


def test_killed_at_every_step_the_case_arrives_whole(house: Running, person: Person):
    person.do("meet")
    done: list[str] = []
    for step, given, victim in WALK:
        kill_midway(house, person, step, given, victim)
        facts = person.do("facts")
        assert facts["events"][: len(done)] == done, "what was done stays done"
        assert facts["cases"] == 1
        done = facts["events"]
    person.do("approve")
    house.wait(lambda: person.do("issuing") or person.do("facts")["state"] == "delivered")
    killed = house.kill("jobs")
    house.wait(lambda: house.is_back("jobs", killed))
    person.do("rescue")
    house.wait(lambda: person.do("facts")["state"] == "delivered")
    person.do("rescue")
    house.wait(lambda: settled(person))

    facts = person.do("facts")
    counts = Counter(facts["events"])
    assert {name: counts[name] for name in (*ONCE, *THRICE)} == {**dict.fromkeys(ONCE, 1), **dict.fromkeys(THRICE, 3)}
    assert (facts["version"], facts["reports"]) == (len(facts["events"]), 1)
    told = Counter(facts["told"])
    assert {name: told[name] for name in (*TOLD, "sign_opinion")} == {**dict.fromkeys(TOLD, 1), "sign_opinion": 3}


def log_in(house: Running, person: Person, name: str) -> httpx.Client:
    """The applicant's app, logged in with both factors."""
    app = httpx.Client(base_url=f"http://127.0.0.1:{house.environ['HUIZHEN_WEB_PORT']}/api/v1", timeout=30)
    first = app.post("/auth/login", json={"username": name, "password": PASSWORD})
    token = first.json()["meta"]["session_token"]
    second = app.post(
        "/auth/2fa/authenticate", json={"code": person.do("code")}, headers={"X-Session-Token": token}
    )  # fmt: skip
    assert second.status_code == 200, (first.text, second.text)
    app.headers["X-Session-Token"] = second.json()["meta"].get("session_token", token)
    return app


def test_a_request_that_dies_with_the_web_process_is_sent_again_and_done_once(house: Running, person: Person):
    app = log_in(house, person, person.do("meet"))
    case = person.do("submit")
    order = {"url": f"/consult/joint/{case}/moves", "json": {"name": "withdraw"},
             "headers": {"Idempotency-Key": "withdraw-once-1"}}  # fmt: skip
    person.begin("lock")
    answers: list[httpx.Response | httpx.HTTPError] = []

    def send() -> None:
        try:
            answers.append(app.post(**order))
        except httpx.HTTPError as error:
            answers.append(error)

    sending = threading.Thread(target=send)
    sending.start()
    watcher = Person(house)
    house.wait(lambda: watcher.do("waiting") > 0 or answers)
    workers = house.find("web").children()
    killed = house.kill("web")
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            worker.kill()
    sending.join(30)
    assert "error" not in person.commit()
    house.wait(lambda: house.is_back("web", killed))
    house.wait(house.is_ready)
    watcher.process.stdin.close()
    assert isinstance(answers[0], httpx.HTTPError), answers

    for _again in range(2):
        answer = app.post(**order)
        assert answer.status_code == 200, answer.text
    facts = person.do("facts")
    assert (facts["state"], Counter(facts["events"])["withdraw"]) == ("withdrawn", 1)
