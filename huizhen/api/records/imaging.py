"""Imaging: an import with its progress, studies, series, and frames as pictures."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.problems import Problem
from huizhen.api.records.cases import check_case
from huizhen.api.schemas import AnyId, In, Moment, Out
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of
from huizhen.records.imaging.access import access_import, access_instance, access_series, access_study
from huizhen.records.imaging.access import list_studies as list_readable
from huizhen.records.imaging.actions import add_files
from huizhen.records.imaging.actions import start_import as start
from huizhen.records.imaging.facts import FORMS, LARGEST, SMALLEST, BadImage, Window
from huizhen.records.imaging.queries import get_etag, get_picture, list_frames, list_problems, list_series
from huizhen.records.imaging.rules import PROBLEMS
from huizhen.records.patients.access import access_patient

Preset = Literal["auto", "lung", "mediastinum", "bone", "brain"]

router = Router()


class ImportIn(In):
    """Finished uploads: DICOM files, or zips of them. With `more`, a zip may still be under way."""

    file_ids: list[UUID] = Field(min_length=1, max_length=2000)
    case_id: UUID | None = None
    more: bool = Field(default=False, description="Further files will follow; images are seen as they come.")


class FilesIn(In):
    """Uploads that have arrived since; `last` when no more will follow. A zip that is under way may be named again
    and again: each time what has arrived of it since is looked at."""

    file_ids: list[UUID] = Field(default=[], max_length=2000)
    last: bool = False


class ImportProblemOut(Out):
    """A file that was not kept: its name, the reason as a stable code, and as a sentence that says what helps."""

    name: str = Field(examples=["IM000042"])
    code: str = Field(examples=["truncated"])
    says: str


class ImportOut(Out):
    """How far an import is: `done` of `total` files looked at, `kept` new, `known` there before. Ended: `ended_at`.

    `more_until`: waits for further files until then. `trouble`: `storage` while the store takes nothing. `problems`:
    the files that were not kept, so far.
    """

    id: AnyId
    total: int
    done: int
    kept: int
    known: int
    started_at: Moment
    ended_at: Moment | None
    more_until: Moment | None
    trouble: str
    problems: list[ImportProblemOut]


class StudyOut(Out):
    """One examination. `warnings`: what does not fit the patient, as codes."""

    id: AnyId
    taken_on: date | None
    description: str
    warnings: list[str]
    case_id: UUID | None
    series: int
    images: int


class SeriesOut(Out):
    """One run of the machine."""

    id: AnyId
    number: int | None
    modality: str
    description: str
    body_part: str
    images: int


class FrameOut(Out):
    """One picture of a stack, in the order one scrolls."""

    instance_id: AnyId
    index: int
    image: str


@writes(router, "POST", "/patients/{uuid:patient_id}/imports", ImportOut, status=202)
def start_import(request: HttpRequest, patient_id: UUID, wanted: ImportIn) -> HttpResponse:
    """Take uploads into the record; a job does the work."""
    patient = access_patient(actor_of(request), patient_id, to="add")
    check_case(request, wanted.case_id, patient.person_ids)
    run = start(patient, wanted.file_ids, actor=actor_of(request), at=clock.now(), case_id=wanted.case_id,
                more=wanted.more)  # fmt: skip
    return answer(_import(run), status=202, Location=f"/api/v1/records/imports/{run.id}")


@writes(router, "POST", "/imports/{uuid:import_id}/files", ImportOut, status=202)
def add_import_files(request: HttpRequest, import_id: UUID, wanted: FilesIn) -> HttpResponse:
    """Give a running import the uploads that have arrived since."""
    run = access_import(actor_of(request), import_id)
    access_patient(actor_of(request), run.patient_id, to="add")
    add_files(run, wanted.file_ids, actor=actor_of(request), at=clock.now(), last=wanted.last)
    return answer(_import(access_import(actor_of(request), import_id)), status=202)


@reads(router, "/imports/{uuid:import_id}", ImportOut)
def get_import(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Read how far an import is."""
    return answer(_import(access_import(actor_of(request), import_id)))


@reads(router, "/patients/{uuid:patient_id}/studies", list[StudyOut])
def list_studies(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """List the studies you may read, the latest first."""
    patient = access_patient(actor_of(request), patient_id)
    found = list_readable(actor_of(request), patient)
    return answer([_study(study) for study in found])


@reads(router, "/studies/{uuid:study_id}/series", list[SeriesOut])
def list_study_series(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """List the series of a study."""
    study = access_study(actor_of(request), study_id)
    return answer([{**_fields(one, SeriesOut), "images": one.images or 0} for one in list_series(study.id)])


@reads(router, "/series/{uuid:series_id}/frames", list[FrameOut])
def list_series_frames(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """List the frames of a series in the order one scrolls."""
    series = access_series(actor_of(request), series_id)
    start_of = "/api/v1/records/instances"
    return answer(
        [
            {"instance_id": f.instance_id, "index": f.index, "image": f"{start_of}/{f.instance_id}/frames/{f.index}"}
            for f in list_frames(series.id)
        ]
    )


@reads(router, "/instances/{uuid:instance_id}/frames/{int:index}", None, tagged=True)
def get_frame(
    request: HttpRequest,
    instance_id: UUID,
    index: int,
    preset: Preset = "auto",
    center: float | None = None,
    width: float | None = None,
    size: int | None = None,
    form: Literal["png", "webp"] = "png",
) -> HttpResponse:
    """Look at one frame as a picture. `center` and `width` in the units of the modality go before `preset`."""
    instance = access_instance(actor_of(request), instance_id)
    window = check_window(center, width)
    if size is not None and not SMALLEST <= size <= LARGEST:
        raise Problem("invalid", errors=[{"field": "size", "code": "out_of_range", "says": f"{SMALLEST}…{LARGEST}"}])
    if index >= instance.frames:
        raise NotVisible(instance_id)
    tag = get_etag(instance, index, preset, window, size, form)
    kept = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers=kept)
    try:
        picture = get_picture(instance, index, preset=preset, window=window, size=size, form=form)
    except BadImage as error:
        raise Problem("image_damaged", details={"reason": str(error)}) from error
    return HttpResponse(picture.data, content_type=FORMS[form], headers=kept)


def check_window(center: float | None, width: float | None) -> Window | None:
    """The window asked for. Raises Problem: only half of it, or an impossible one."""
    if center is None and width is None:
        return None
    if center is None or width is None or not abs(center) < 1e6 or not 0 < width < 1e6:
        raise Problem("invalid", errors=[{"field": "width", "code": "bad_window", "says": "center and width > 0"}])
    return Window(center, width)


def _import(run: Any) -> dict[str, Any]:
    problems = [
        {"name": one.name, "code": one.code, "says": str(PROBLEMS.get(one.code, PROBLEMS["damaged"]))}
        for one in list_problems(run.id)
    ]
    return {**{name: getattr(run, name) for name in ImportOut.model_fields if name != "problems"}, "problems": problems}


def _study(study: Any) -> dict[str, Any]:
    return {
        "id": study.id,
        "taken_on": study.taken_on,
        "description": study.description,
        "warnings": study.warnings,
        "case_id": study.case_id,
        "series": study.series_count,
        "images": study.images or 0,
    }


def _fields(row: Any, schema: type[Out]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in schema.model_fields}
