"""Images: a CT of 1,000 slices (512 × 512, 16 bits) is written here, brought in, opened and scrolled in Chromium."""

import io
import mmap
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import Page, sync_playwright
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from bench import inside
from bench.api import web
from bench.bringing import Sender
from bench.chain import jobs
from bench.figures import Figures
from bench.ground import environment
from bench.people import get_account
from huizhen.kernel import clock
from huizhen.people.accounts.queries import get_actor
from huizhen.people.organisations.models import Organisation
from huizhen.records.imaging.models import ImagingSeries
from huizhen.records.imaging.samples import ChestCT, Person, describe_plane, describe_study, slice_values
from huizhen.records.patients.models import Patient
from huizhen.records.tests.builders import make_patient

READER = "applicant-r0h0-0"
CHUNK, CUT_EVERY, LONGEST_SECONDS = 4 << 20, 5, 600
HELD = 250  # as many slices as the viewer keeps on a PC with 4 GB
SHAPES = 16  # computed; the slices between them differ by their noise
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
FIRST = "() => { const i = document.querySelector('.viewer-stage img'); return i && i.complete && i.naturalWidth > 0 }"
SCROLL = """async (count) => {
  const pane = document.querySelector("image-viewer").desk.active;
  const drawn = "CORNERSTONE_IMAGE_RENDERED";
  const shown = () => new Promise(done => pane.element.addEventListener(drawn, done, {once: true}));
  const walk = async () => { for (let n = 1; n <= count; n++) { const seen = shown(); await pane.go(n); await seen; } };
  await pane.go(count); await walk(); await pane.go(count);
  const began = performance.now(); await walk();
  return count * 1000 / (performance.now() - began);
}"""


def measure(figures: Figures, *, url: str, var: Path, slices: int = 1000) -> None:
    """Bring a study in, and look at it."""
    account = get_account(READER)
    actor = get_actor(account)
    hospital = Organisation.objects.get(id=actor.memberships[0].organisation_id)
    patient = Patient.objects.filter(organisation=hospital).first() or make_patient(hospital, name="量测")
    ct = ChestCT(
        Person(patient.name, "B-1", patient.birth_on, patient.sex), date(2026, 2, 3), f"bench-{clock.now()}", slices,
        512, 0.5,
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        packed = Path(folder) / "ct.zip"
        write_zip(packed, ct)
        bring(figures, packed, patient.id, url=url, var=var, slices=slices)
    measure_viewer(figures, account, min(slices, HELD))


def bring(figures: Figures, packed: Path, patient_id: UUID, *, url: str, var: Path, slices: int) -> None:
    """Send it over HTTP on a line that is cut again and again, while the jobs process reads what is there: how soon its
    first image was seen, how much of it had been sent by then, how long all of it took.

    Raises:
        RuntimeError: an image is missing.
    """
    token = inside.log_in(READER)
    with (
        packed.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held,
        memoryview(held) as data,
        web(url, var) as (port, _),
        jobs(environment(var, DATABASE_URL=url), var / "jobs.log"),
    ):
        sent = Sender(port, token, str(patient_id), wait).send(data, CHUNK, CUT_EVERY)
    if sent.ended["kept"] != slices:
        raise RuntimeError(f"{sent.ended} of {slices} images")
    figures.add("imaging_study_mb", "the CT that is sent over HTTP", sent.size / 1e6, "MB")
    figures.add("imaging_cuts", "… the line was cut in the middle of a piece", sent.cuts, "times")
    figures.add("imaging_first_seen_mb", "… its first image was seen when so much was there", sent.offset / 1e6, "MB")
    figures.add("imaging_first_seen_seconds", "… after the first byte", sent.seen_at, "s")
    figures.add("imaging_kept_seconds", "… all of it sent and kept", sent.took, "s")


def wait(condition: Callable[[], bool]) -> None:
    """Wait until it is so.

    Raises:
        TimeoutError: it never is.
    """
    ends = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("the import does not come to its end")
        time.sleep(0.05)


def measure_viewer(figures: Figures, account: Any, count: int) -> None:
    """The viewer's page in Chromium, the server in this process."""
    series = ImagingSeries.objects.latest("id")
    scripts = [path.stat().st_size for path in (settings.ROOT / "ui" / "dist" / "assets").glob("main.*.js")]
    figures.add("imaging_script_kb", "script of a page before the viewer", sum(scripts) / 1024, "KB", most=150)
    with browsing(account) as (page, site):
        page.goto(f"{site}/")  # who opens a study has opened the house before
        began = time.perf_counter()
        page.goto(f"{site}/records/imaging/{series.id}/", wait_until="commit")
        page.wait_for_function(FIRST)
        figures.add("imaging_first_image_seconds", "first image of the CT after opening", time.perf_counter() - began,
                    "s", most=1.5)  # fmt: skip
        page.wait_for_selector('image-viewer[data-ready="yes"]', timeout=60_000)
        figures.add("imaging_desk_seconds", "… until one can measure on it", time.perf_counter() - began, "s")
        figures.add("imaging_scroll_per_second", "scrolling from a warm cache, each image drawn",
                    page.evaluate(SCROLL, count), "images/s", least=25)  # fmt: skip


@contextmanager
def browsing(account: Any) -> Iterator[tuple[Page, str]]:
    """A page of Chromium in which this account is logged in, and the address of the site."""
    client = Client()
    client.force_login(account)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    # Playwright's loop runs in this thread: Django would take everything here for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    site = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
        yield context.new_page(), site
        browser.close()
    server.terminate()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def write_zip(target: Path, ct: ChestCT) -> None:
    """The study as a zip, one slice in memory at a time."""
    shapes = [slice_values(ct, round(n * (ct.slices - 1) / (SHAPES - 1))) for n in range(SHAPES)]
    noise = np.random.default_rng(7).normal(0, 12, (ct.size, ct.size)).astype(np.int16)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for index in range(ct.slices):
            values = shapes[index * SHAPES // ct.slices] + np.roll(noise, index, axis=(0, 1))
            archive.writestr(f"IM{index + 1:04d}.dcm", dicom_file(ct, index, values))


def dicom_file(ct: ChestCT, index: int, values: np.ndarray) -> bytes:
    """One slice as a file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(ct.uid("image", index))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    describe_study(dataset, ct)
    describe_plane(dataset, ct, index)
    dataset.PixelData = np.clip(values.astype(np.int32) + 1024, 0, 4095).astype("<u2").tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
