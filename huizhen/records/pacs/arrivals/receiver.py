"""`huizhen dicom-receiver`: takes what scanners and archives send (C-STORE), and answers their tests (C-ECHO).

Each association has a thread of pynetdicom, which owns the protocol; all storing goes through a few threads with one
database connection each. Nothing is answered with success before it is committed: a device that was told "success"
deletes its copy.
"""

import io
import os
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from prometheus_client import Counter, start_http_server

from huizhen.kernel import clock
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.late import Late
from huizhen.records.pacs.arrivals import actions, queries, rules
from huizhen.records.pacs.arrivals.models import Station
from huizhen.records.pacs.arrivals.rules import COMMENTS, Turned

# Only this process speaks DICOM, but every process reads the list of commands and its neighbours.
dicom: Any = Late("pynetdicom")
protocol: Any = Late("pynetdicom.events")
headers: Any = Late("huizhen.records.imaging.headers")
pydicom: Any = Late("pydicom")
meta: Any = Late("pydicom.filewriter")

STORING_THREADS = 4
IDLE_SECONDS, ASSOCIATE_SECONDS = 60, 30
LARGEST_PDU = 1 << 17
MIB = 1 << 20
# Answers to a request for an association [PS3.8 9.3.4]: rejected for good, for now; by the user, by the provider.
UNKNOWN_CALLER, NOT_NOW = (1, 1, 3), (2, 3, 1)
NOT_AUTHORISED = 0x0124
OBJECTS = Counter("huizhen_dicom_objects_total", "Objects that devices sent", ["outcome"])
ASSOCIATIONS = Counter("huizhen_dicom_associations_total", "Associations with devices", ["outcome"])
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


def run() -> int:
    """Receive until told to stop; what is being stored is stored and answered first."""
    os.environ.setdefault("HUIZHEN_PROCESS", "dicom-receiver")
    if not settings.DICOM_PORT:
        log.error("the receiver of images is switched off; HUIZHEN_DICOM_PORT switches it on")
        return 1
    if settings.DICOM_METRICS_PORT:
        start_http_server(settings.DICOM_METRICS_PORT, addr=settings.BIND)
    # This process reads headers, never pixels: without the decoders' libraries it is a tenth smaller.
    sys.modules.setdefault("gdcm", None)  # type: ignore[arg-type]  # None means "not installed" to `import`
    receiver = Receiver()
    receiver.start(settings.DICOM_BIND, settings.DICOM_PORT)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log.info("receiver of images ready", port=settings.DICOM_PORT)
    stopping.wait()
    receiver.stop()
    return 0


class Receiver:
    """One application entity; `largest` is the most bytes of one object."""

    def __init__(self, *, associations: int = 0, largest: int = 0) -> None:
        self._largest = largest or settings.DICOM_LARGEST_MB * MIB
        self._storing = ThreadPoolExecutor(STORING_THREADS, "store")
        self._callers: dict[Any, Station] = {}
        self._sent: defaultdict[Any, set[UUID]] = defaultdict(set)
        self._coming: defaultdict[Any, int] = defaultdict(int)
        self._entity = make_entity(associations or settings.DICOM_ASSOCIATIONS)

    def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which the system chose where 0 was asked for."""
        handlers = [
            (protocol.EVT_REQUESTED, self._greet), (protocol.EVT_C_STORE, self._store),
            (protocol.EVT_DATA_RECV, self._weigh), (protocol.EVT_RELEASED, self._end),
            (protocol.EVT_ABORTED, self._end), (protocol.EVT_CONN_CLOSE, self._end),
        ]  # fmt: skip
        server = self._entity.start_server((host, port), block=False, evt_handlers=handlers)
        return int(server.server_address[1])

    def stop(self) -> None:
        """End all associations; what is being written is committed first."""
        self._entity.shutdown()
        self._storing.shutdown(wait=True)

    # --- an association -----------------------------------------------------------------------------------------------
    def _greet(self, event: Any) -> None:
        """Let known devices in. Everybody else is refused before a byte of an image is taken."""
        caller = event.assoc.requestor
        title, address = str(caller.primitive.calling_ae_title).strip(), caller.address
        try:
            station = self._do(lambda: queries.get_station(title, address))
            if station is None:
                self._do(lambda: actions.note_unknown(title, address, at=clock.now()))
        except (OperationalError, InterfaceError):
            return refuse(event, "database away", NOT_NOW)
        if station is None:
            log.warning("unknown device refused", ae_title=title, address=address)
            return refuse(event, "unknown", UNKNOWN_CALLER)
        ASSOCIATIONS.labels("accepted").inc()
        self._callers[event.assoc] = station
        return None

    def _end(self, event: Any) -> None:
        """Whatever way it ended: what was acknowledged goes on its way into the record."""
        self._callers.pop(event.assoc, None)
        self._coming.pop(event.assoc, None)
        for arrival_id in self._sent.pop(event.assoc, ()):
            # A wake that is lost does no harm: the job that looks every minute finds the images.
            with suppress(RuntimeError):  # the process is stopping
                self._storing.submit(once, partial(actions.wake, arrival_id))

    def _weigh(self, event: Any) -> None:
        """End an association whose object grows past all measure, before it fills the memory."""
        self._coming[event.assoc] += len(event.data)
        if self._coming[event.assoc] > self._largest and (station := self._callers.pop(event.assoc, None)):
            OBJECTS.labels("too_large").inc()
            self._storing.submit(once, lambda: actions.turn_away(station, "", "too_large", clock.now()))
            log.warning("object too large", subject=str(station.id))
            event.assoc.acse.send_abort(0)

    def _store(self, event: Any) -> Any:
        """Keep one object, and say so when it is committed."""
        self._coming[event.assoc] = 0
        station = self._callers.get(event.assoc)
        if station is None:
            return NOT_AUTHORISED
        data = file_of(event)
        try:
            outcome, arrival_id = self._do(lambda: actions.keep_image(station, data, at=clock.now()))
        except Turned as turned:
            OBJECTS.labels(turned.code).inc()
            return answer(rules.status_of(turned.code), COMMENTS.get(turned.code, COMMENTS["damaged"]))
        except (StorageTrouble, OperationalError, InterfaceError):
            OBJECTS.labels("storage").inc()
            log.warning("object not stored", subject=str(station.id), exc_info=True)
            return answer(rules.NO_ROOM, COMMENTS["storage"])
        OBJECTS.labels(outcome).inc()
        self._sent[event.assoc].add(arrival_id)
        return rules.SUCCESS

    def _do(self, work: Callable[[], Result]) -> Result:
        """Do something with the database on a thread that has a connection."""
        return self._storing.submit(once, work).result()


def once(work: Callable[[], Result]) -> Result:
    """One piece of work on a connection that is alive."""
    close_old_connections()
    try:
        return work()
    except (OperationalError, InterfaceError):
        connection.close()
        raise


def make_entity(associations: int) -> Any:
    """An application entity that takes images of every class, coded in every way we can show."""
    dicom._config.LOG_HANDLER_LEVEL = "none"  # its lines would repeat names of persons
    entity = dicom.AE(ae_title=settings.DICOM_AE_TITLE)
    entity.require_called_aet = True
    entity.maximum_associations = associations
    entity.maximum_pdu_size = LARGEST_PDU
    entity.acse_timeout, entity.dimse_timeout, entity.network_timeout = ASSOCIATE_SECONDS, IDLE_SECONDS, IDLE_SECONDS
    entity.add_supported_context("1.2.840.10008.1.1")  # C-ECHO
    for context in dicom.AllStoragePresentationContexts:
        if "Image Storage" in context.abstract_syntax.name:
            entity.add_supported_context(context.abstract_syntax, sorted(headers.SYNTAXES))
    return entity


def refuse(event: Any, outcome: str, answer: tuple[int, int, int]) -> None:
    """Reject an association, and wait until the answer has left: the line is closed right after."""
    ASSOCIATIONS.labels(outcome).inc()
    event.assoc.acse.send_reject(*answer)
    event.assoc.kill()


def answer(status: int, comment: str) -> Any:
    """The answer to an object that was not kept, with words for the device's operator."""
    said = pydicom.Dataset()
    said.Status, said.ErrorComment = status, comment
    return said


def file_of(event: Any) -> bytes:
    """The object as a file, byte for byte as it was sent, under a head that is always the same for the same object."""
    head = pydicom.dataset.FileMetaDataset()
    head.MediaStorageSOPClassUID = event.request.AffectedSOPClassUID
    head.MediaStorageSOPInstanceUID = event.request.AffectedSOPInstanceUID
    head.TransferSyntaxUID = event.context.transfer_syntax
    head.ImplementationClassUID = pydicom.uid.PYDICOM_IMPLEMENTATION_UID
    head.ImplementationVersionName = "HUIZHEN"
    buffer = io.BytesIO()
    buffer.write(b"\0" * 128 + b"DICM")
    meta.write_file_meta_info(buffer, head)
    buffer.write(event.encoded_dataset(include_meta=False))
    return buffer.getvalue()
