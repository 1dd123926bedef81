"""Kill -9 of each process: the supervisor brings it back, and nothing else stops meanwhile."""

import signal
import socket
from contextlib import ExitStack, suppress

import psutil
import pytest

from huizhen.kernel.fakes.ports import free_port
from tests.faults.running import Running, command, running


@pytest.fixture(scope="module")
def house():
    with running(HUIZHEN_DICOM_PORT=str(free_port())) as house:
        yield house


def test_jobs_that_end_in_order_are_started_anew(house: Running):
    house.wait(lambda: house.checks()["jobs"]["ok"])  # a sign of life of this very process, the first
    ended = house.find("jobs")
    ended.terminate()
    house.wait(lambda: house.is_back("jobs", ended.pid))
    assert "jobs ended with code 0; starting it again" in house.log.read_text()


@pytest.mark.parametrize("name", ["web", "live", "jobs", "intake", "dicom-receiver", "database"])
def test_a_killed_process_comes_back(house: Running, name):
    others = {other: house.find(other).pid for other in ("web", "live", "database") if other != name}
    killed = house.kill(name)
    house.wait(lambda: house.is_back(name, killed))
    house.wait(house.is_ready)
    assert f"{name} was ended by SIGKILL; starting it again" in house.log.read_text()
    assert {other: house.find(other).pid for other in others} == others


def test_a_killed_worker_of_the_web_process_comes_back(house: Running):
    (worker,) = house.find("web").children()
    worker.kill()
    house.wait(lambda: house.get("/healthz")[0] == 200)
    assert worker.pid not in {child.pid for child in house.process.children(recursive=True)}


@pytest.mark.parametrize("name", ["WEB", "LIVE", "LOOKUP"])
def test_connections_that_ask_nothing_keep_nobody_out(house: Running, name):
    """Each has asked once and stays, as browsers do. Granian would hold a thousand, and let all others wait."""
    where = ("127.0.0.1", int(house.environ[f"HUIZHEN_{name}_PORT"]))
    with ExitStack() as stay:
        for _ in range(1_200):
            line = stay.enter_context(socket.create_connection(where, timeout=20))
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 200"
        assert house.get("/healthz", name)[0] == 200


def test_jobs_work_again_after_the_database_was_killed(house: Running):
    killed = house.kill("database")
    house.wait(lambda: house.is_back("database", killed))
    house.wait(lambda: house.get("/readyz")[0] == 200)
    house.wait(lambda: b"huizhen_jobs_failed" in house.get("/metrics", "JOBS_METRICS")[1])
    house.wait(lambda: house.checks()["jobs"]["ok"])


def test_while_one_runs_a_second_is_refused_with_a_sentence(house: Running):
    second = command("up", environ=house.environ)
    assert second.returncode == 1
    assert f"Huizhen runs already in {house.folder} (process {house.process.pid})." in second.stderr
    assert "Traceback" not in second.stdout + second.stderr
    assert house.is_ready()


def test_each_process_shows_its_figures(house: Running):
    house.get("/nowhere")
    assert b'huizhen_requests_total{method="GET",route="unknown",status="404"}' in house.get("/metrics")[1]
    assert b"huizhen_request" in house.get("/metrics", "LIVE")[1]
    house.wait(lambda: b"huizhen_jobs_failed" in house.get("/metrics", "JOBS_METRICS")[1])


def test_all_processes_at_rest_stay_small(house: Running):
    total = 0.0
    for process in house.family():
        with suppress(psutil.NoSuchProcess):  # what ends while it is asked takes nothing any more
            total += process.memory_full_info().pss / 1024**2
    assert total < 700, f"{total:.0f} MB"


def test_ctrl_c_stops_everything_the_database_last():
    with running(HUIZHEN_WEB_WORKERS="2") as house:
        count_of_two_workers(house)
        family = house.family()
        assert house.stop() == 0
        assert psutil.wait_procs(family, timeout=10)[1] == []
        log = house.log.read_text()
        assert log.rstrip().endswith("stopped")
        assert "Traceback" not in log
        assert "ERROR:" not in log  # of the database: what it refuses is the program's to tell
        assert not (house.folder / "postgres" / "data" / "postmaster.pid").exists()
        house.start()
        house.process.send_signal(signal.SIGTERM)
        assert house.process.wait(60) == 0


def count_of_two_workers(house: Running) -> None:
    """Whichever worker Prometheus asks answers for both, to the last request; also for one that is gone by then."""
    folder = house.folder / "metrics"

    def counting() -> set[int]:
        """The workers that have answered something else than `/metrics` so far."""
        return {int(file.stem.removeprefix("counter_")) for file in folder.glob("counter_*.db")}

    workers = {worker.pid for worker in house.find("web").children()}
    assert len(workers) == 2
    before, asked = figure(house), 0
    while asked < 20 or (counting() != workers and asked < 2000):
        assert house.get("/nowhere")[0] == 404
        asked += 1
    assert counting() == workers, "one of them never had anything to do"
    assert {figure(house) for _ in range(10)} == {before + asked}
    gone = psutil.Process(min(workers))
    gone.kill()
    house.wait(lambda: len({child.pid for child in house.find("web").children()} - {gone.pid}) == 2)
    house.wait(lambda: figure(house) == before + asked)


def figure(house: Running) -> float:
    """How many requests for pages that are not there `/metrics` has counted."""
    lines = house.get("/metrics")[1].decode().splitlines()
    wanted = 'huizhen_requests_total{method="GET",route="unknown",status="404"} '
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def test_a_killed_supervisor_leaves_nothing_behind_and_starts_again():
    with running() as house:
        family = house.family()
        house.process.kill()
        assert psutil.wait_procs(family, timeout=30)[1] == []
        house.start()
        assert house.checks()["database"]["ok"]
