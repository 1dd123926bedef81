"""No health data reaches a log, and what is there can be found again."""

import json
import logging

import pytest
import structlog
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from huizhen.config import logs


@pytest.fixture
def written(capsys):
    """Log as in production, and give back the lines as objects."""
    logs.configure({**settings.LOGGING, "format": "json", "messages": False})
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.contextvars.clear_contextvars()
    logs.configure(settings.LOGGING)


def test_only_known_keys_are_written_and_the_rest_is_named(written):
    structlog.get_logger("huizhen").info("opened", case="J-1", diagnosis="肺结节", patient_name="王芳")
    (line,) = written()
    assert line["case"] == "J-1"
    assert line["dropped"] == ["diagnosis", "patient_name"]
    assert "肺结节" not in str(line)


def test_identity_and_phone_numbers_are_blotted_out(written):
    logging.getLogger("library").warning("no match for %s, call %s", "11010519491231002X", "13800138000")
    (line,) = written()
    assert "1101" not in line["event"]
    assert "1380" not in line["event"]


def test_an_exceptions_text_stays_out_but_its_place_is_there(written):
    try:
        raise ValueError("Key (name)=(王芳) already exists")
    except ValueError:
        structlog.get_logger("huizhen").exception("failed")
    (line,) = written()
    assert "王芳" not in str(line)
    assert "builtins.ValueError" in line["exception"]
    assert "test_logs.py" in line["exception"]


def test_the_queues_own_lines_lose_a_jobs_arguments(written):
    logger = logging.getLogger("procrastinate.worker")
    job = {"id": 7, "task_name": "consult.tell", "args": {"text": "肺结节"}}
    logger.error("Job consult.tell[7](text='肺结节') failed", extra={"action": "job_error", "job": job})
    (line,) = written()
    assert (line["event"], line["job"], line["task"]) == ("job_error", 7, "consult.tell")
    assert "肺结节" not in str(line)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_whatever_is_bound_only_allowed_keys_remain(event):
    kept = logs.keep_allowed(None, "info", dict(event))
    assert {key for key in kept if not key.startswith("_")} <= logs.ALLOWED


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/consult/joint/{}/", "/api/v1/consult/joint/{}"])
def test_a_line_about_a_case_carries_its_number_on_pages_and_in_the_api(written, client, address):
    case = "01a20118-f1b4-7203-aaae-085407be7315"
    client.get(address.format(case))
    assert [line["case"] for line in written() if line["event"] == "request"] == [case]
