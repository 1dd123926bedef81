"""Kill -9 of each process: the supervisor brings it back, and nothing else stops meanwhile."""

import signal

import psutil
import pytest

from tests.faults.running import Running, command, running


@pytest.fixture(scope="module")
def house():
    with running() as house:
        yield house


def test_jobs_that_end_in_order_are_started_anew(house: Running):
    house.wait(lambda: house.checks()["jobs"]["ok"])  # a sign of life of this very process, the first
    ended = house.find("jobs")
    ended.terminate()
    house.wait(lambda: house.is_back("jobs", ended.pid))
    assert "jobs ended with code 0; starting it again" in house.log.read_text()


@pytest.mark.parametrize("name", ["web", "live", "jobs", "intake", "database"])
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
    house.wait(lambda: b"huizhen_jobs_failed 0.0" in house.get("/metrics", "JOBS_METRICS")[1])


def test_all_processes_at_rest_stay_small(house: Running):
    total = sum(process.memory_full_info().pss for process in house.family()) / 1024**2
    assert total < 700, f"{total:.0f} MB"


def test_ctrl_c_stops_everything_the_database_last():
    with running() as house:
        family = house.family()
        assert house.stop() == 0
        assert psutil.wait_procs(family, timeout=10)[1] == []
        log = house.log.read_text()
        assert log.rstrip().endswith("stopped")
        assert "Traceback" not in log
        assert not (house.folder / "postgres" / "data" / "postmaster.pid").exists()
        house.start()
        house.process.send_signal(signal.SIGTERM)
        assert house.process.wait(60) == 0


def test_a_killed_supervisor_leaves_nothing_behind_and_starts_again():
    with running() as house:
        family = house.family()
        house.process.kill()
        assert psutil.wait_procs(family, timeout=30)[1] == []
        house.start()
        assert house.checks()["database"]["ok"]
