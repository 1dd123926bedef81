"""Generated requests over the whole API: no server error, and every answer as described.

The addresses lead to what exists in every second request, so that what lies behind the first door is tried too. Expert,
chair and patient are asked twice at each address of theirs, always about a case of theirs.
"""

import itertools
import json
import re

import hypothesis
import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.checks import CHECKS, load_all_checks

from huizhen.api.commands import render
from huizhen.api.tests.clients import token_for
from huizhen.config.wsgi import application
from huizhen.consult.joint.tests import builders
from huizhen.lab.exceptions.actions import look
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.refused import Refused
from huizhen.lab.specimens.actions import seal_box
from huizhen.lab.tests.builders import AT, make_lab
from huizhen.people.accounts.models import Account

load_all_checks()
CHOSEN = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)
DESCRIBED = schemathesis.openapi.from_dict(json.loads(render()))
DESCRIBED.app = application
OPERATIONS = {result.ok().label: result.ok() for result in DESCRIBED.get_all_operations()}
EXAMPLES = 4
# Where experts, chairs and patients have something to do; elsewhere they differ in nothing from the two above.
THEIRS = re.compile(r"/api/v1/(consult/joint|records/(patients|documents|consents)|inbox)")
# At so many addresses, at the least, they get through; the others refuse what was made up.
REACHED = {"expert": 24, "chair": 22, "patient": 28}


@pytest.fixture
def one_connection():
    """A request ends with its connection's check, which would end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def existing(cast):
    """What stands behind the names of the addresses."""
    return find_existing(builders.reviewing(cast), cast)


def find_existing(sent, cast):
    """The keys of a consultation and of what belongs to it."""
    document = sent.materials.get()
    return {
        "case_id": sent.case_id, "patient_id": cast.patient.id, "document_id": document.document_id,
        "invitation_id": sent.invitations.first().id,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["applicant", "coordinator"])
@pytest.mark.usefixtures("one_connection")
def test_generated_requests(role, cast, existing):
    token, turn = token_for(getattr(cast, role)), itertools.count()
    for label, operation in OPERATIONS.items():
        call_all(label, operation, token, existing, turn)


@pytest.mark.parametrize(("role", "stage"), [("expert", "reviewing"), ("chair", "drafting"), ("patient", "delivered")])
@pytest.mark.usefixtures("one_connection")
def test_generated_requests_of_who_takes_part(role, stage, cast):
    who = {"chair": cast.experts[0], "expert": cast.experts[1], "patient": cast.patient_account}[role]
    existing = find_existing(getattr(builders, stage)(cast), cast)
    token, turn, reached = token_for(who), itertools.count(1, 2), set()
    for label, operation in OPERATIONS.items():
        if THEIRS.match(operation.path):
            found = call_all(label, operation, token, existing, turn, examples=2)
            reached |= {label} if found & {200, 201, 204} else set()
    assert len(reached) >= REACHED[role], f"{role} got through at {len(reached)} addresses only: {sorted(reached)}"


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
def test_generated_requests_of_the_laboratory():
    with time_machine.travel(AT, tick=False):
        lab, turn = make_lab(), itertools.count()
        tube = lab.collect()
        seal_box(lab.site, code="BOX-1", barcodes=[tube.barcode], actor=lab.collector, at=AT)
        with pytest.raises(Refused):
            lab.collect(barcode=tube.barcode)
        look(at=AT)
        existing = {"case_id": Trouble.objects.get().case_id, "barcode": tube.barcode, "box_code": "BOX-1",
                    "site_id": lab.site.id}  # fmt: skip
        for actor in (lab.bench, lab.collector):
            token = token_for(Account.objects.get(id=actor.account_id))
            for label, operation in OPERATIONS.items():
                if "/lab/" in operation.path:
                    call_all(label, operation, token, existing, turn)


def call_all(label, operation, token, existing, turn, *, examples=EXAMPLES):
    """Some generated requests to one operation; returns the status codes of the answers."""
    found = set()

    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy())
    def call(case):
        number = next(turn)
        if number % 2:
            for name in set(case.path_parameters or {}) & set(existing):
                case.path_parameters[name] = str(existing[name])
        sent = {"X-Session-Token": token, "Idempotency-Key": f"generated-{number}"}
        found.add(case.call_and_validate(headers=sent, checks=CHOSEN).status_code)

    try:
        call()
    except BaseExceptionGroup as group:
        raise AssertionError(f"{label}: {group.exceptions}") from group
    return found
