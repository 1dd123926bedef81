"""The receiver is killed in the middle of a study: what it acknowledged is there, and the second try doubles nothing."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection
from pydicom import dcmread
from pynetdicom import AE

from huizhen.kernel.fakes.ports import free_port
from huizhen.people.tests.builders import make_organisation
from huizhen.records.pacs.arrivals.models import Arrival, ArrivedImage, Station
from huizhen.records.tests.builders import make_ct

SLICES = 12


@contextmanager
def process(port: int):
    """`huizhen dicom-receiver` on the tests' database."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
    environ = os.environ | {
        "DATABASE_URL": f"{url}?host={database['HOST']}&port={database['PORT'] or 5432}",
        "HUIZHEN_DICOM_PORT": str(port),
    }
    line = [sys.executable, "-m", "huizhen.config.cli", "dicom-receiver"]
    running = subprocess.Popen(line, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert running.poll() is None
        assert time.monotonic() < until, "the receiver does not come up"
        time.sleep(0.05)
    yield running
    running.terminate()
    assert running.wait(60) in (0, -signal.SIGKILL)


def send(port: int, images, told) -> set[str]:
    """The numbers of the images that were acknowledged; `told` hears of each."""
    entity = AE(ae_title="CT1")
    entity.add_requested_context(images[0].SOPClassUID, images[0].file_meta.TransferSyntaxUID)
    line, done = entity.associate("127.0.0.1", port, ae_title="HUIZHEN"), set()
    for one in images:
        if not line.is_established or "Status" not in (answer := line.send_c_store(one)) or answer.Status != 0:
            break
        done.add(one.SOPInstanceUID)
        told(len(done))
    if line.is_established:
        line.release()
    return done


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_of_a_study(own_jobs):
    Station.objects.create(organisation=make_organisation(), name="CT", ae_title="CT1", address="127.0.0.1")
    images = [dcmread(io.BytesIO(data)) for _name, data in make_ct(slices=SLICES)]
    port = free_port()
    with process(port) as first:

        def strike(count: int) -> None:
            if count == SLICES // 2:
                threading.Timer(0.005, first.kill).start()  # while the next one is on its way

        acknowledged = send(port, images, strike)
        first.wait(60)
    assert len(acknowledged) >= SLICES // 2
    assert acknowledged <= set(ArrivedImage.objects.values_list("sop_uid", flat=True))
    with process(port):
        assert len(send(port, images, lambda count: None)) == SLICES
    assert (Arrival.objects.get().images, ArrivedImage.objects.count()) == (SLICES, SLICES)
