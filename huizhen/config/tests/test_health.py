"""Health: what is judged, and what the addresses answer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from huizhen.config import health, probes, requests

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
WELL = health.Probed(AT.timestamp(), AT.timestamp() - 5, frozenset({"kernel.0001", "people.0001"}))


def judged(**changed):
    probed = health.Probed(**{**WELL.__dict__, **changed})
    findings = health.judge(probed, needed=frozenset({"kernel.0001"}), at=AT, folder=Path("/"))
    return {finding.name for finding in findings if not finding.well}


@pytest.mark.parametrize(
    ("changed", "sick"),
    [
        ({}, set()),
        ({"heartbeat": None}, {"jobs"}),
        ({"heartbeat": AT.timestamp() - 60}, {"jobs"}),
        ({"clock": AT.timestamp() + 3}, {"clock"}),
        ({"migrations": frozenset()}, {"migrations"}),
    ],
)
def test_what_is_sick_is_named(changed, sick):
    assert judged(**changed) == sick


@pytest.mark.parametrize(
    ("waiting", "well"), [([], True), ([(900, 100)], True), ([(900, 100), (1, 200)], False), ([(2 << 20, 0)], False)]
)
def test_reads_that_do_not_come_into_the_audit_are_named(waiting, well):
    assert health.reads(waiting).well is well


def test_a_silent_database_is_503():
    status, shown = health.answer(health.judge(None, needed=frozenset(), at=AT, folder=Path("/")))
    assert status == 503
    assert shown["checks"]["database"] == {"ok": False, "says": "no answer"}


@pytest.mark.django_db
def test_the_addresses_answer(client):
    assert client.get("/healthz").content == b"ok\n"
    answer = client.get("/readyz")
    assert answer.json()["checks"]["migrations"]["ok"]
    assert answer.json()["checks"]["audit"]["ok"]
    assert not answer.json()["checks"]["jobs"]["ok"]
    assert answer.status_code == 503
    assert b'route="readyz"' in client.get("/metrics").content


@pytest.mark.django_db
def test_the_queue_figures_can_be_asked():
    assert probes.probe().heartbeat is None


@pytest.mark.parametrize(("offered", "kept"), [("abcd-1234", True), ("short", False), ("a\nb" * 9, False), ("", False)])
def test_a_request_number_from_outside_is_kept_only_in_a_harmless_form(offered, kept):
    assert (requests.request_id(offered) == offered) is kept


@pytest.mark.django_db
def test_the_request_number_is_in_the_answer(client):
    assert client.get("/healthz", headers={"x-request-id": "from-caddy-1"})["X-Request-ID"] == "from-caddy-1"
    assert len(client.get("/healthz")["X-Request-ID"]) == 16
