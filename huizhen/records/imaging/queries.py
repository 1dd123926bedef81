"""Reads of imaging: imports with their progress, studies, series, frames as pictures."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from huizhen.kernel.crypto import blind
from huizhen.kernel.files import open_file
from huizhen.kernel.late import Late
from huizhen.records.imaging.facts import Drawn, Window
from huizhen.records.imaging.models import (
    ImagingInstance,
    ImagingSeries,
    ImagingStudy,
    ImportProblem,
    KeyImage,
)
from huizhen.records.imaging.rules import count_missing
from huizhen.records.patients.queries import get_person_ids

frames: Any = Late("huizhen.records.imaging.frames")
raw: Any = Late("huizhen.records.imaging.raw")


class CountedSeries(Protocol):
    """An `ImagingSeries` with `images`, the number of its frames."""

    id: UUID
    study_id: UUID
    number: int | None
    modality: str
    description: str
    images: int | None


@dataclass(frozen=True)
class Shortfall:
    """Images of a study that seem to be missing: named by its disc or PACS, or holes between slices."""

    promised: int
    holes: int


@dataclass(frozen=True)
class FrameAt:
    """One picture of a stack: the instance, which of its frames (from 0), its place along the normal in mm."""

    instance_id: UUID
    index: int
    position: float | None = None


def studies_of(patient_ids: Collection[UUID]) -> QuerySet[ImagingStudy]:
    """The studies of a person (`Patient.person_ids`), the latest first, with `images` (number of frames) and
    `series_count`."""
    found = ImagingStudy.objects.filter(patient_id__in=patient_ids)
    counted = found.annotate(series_count=Count("series", distinct=True), images=Sum("series__instances__frames"))
    return counted.order_by(F("taken_on").desc(nulls_last=True), "-added_at", "-id")


def count_of(patient_id: UUID, study_ids: Collection[UUID]) -> int:
    """How many of these studies are this person's."""
    if not study_ids:
        return 0
    return ImagingStudy.objects.filter(patient_id__in=get_person_ids(patient_id), id__in=study_ids).count()


def list_series(study_id: UUID) -> list[CountedSeries]:
    """The series of a study in the order of their numbers, with `images`, the number of frames."""
    found = ImagingSeries.objects.filter(study_id=study_id).annotate(images=Sum("instances__frames"))
    return list(found.order_by(F("number").asc(nulls_last=True), "id"))


def list_series_of(study_ids: Iterable[UUID]) -> list[CountedSeries]:
    """The series of several studies in the order of their numbers, with `images`; one query."""
    found = ImagingSeries.objects.filter(study_id__in=list(study_ids)).annotate(images=Sum("instances__frames"))
    return list(found.order_by("study_id", F("number").asc(nulls_last=True), "id"))


def fingerprint_of(source: bytes | str) -> str:
    """A keyed digest of a whole file, from its bytes or its SHA-256 in hexadecimal; a plain one would let anybody
    look for a known image."""
    digest = source if isinstance(source, str) else hashlib.sha256(source).hexdigest()
    return blind(digest, purpose="records.imaging.file").hex()


def list_shortfalls(study_ids: Iterable[UUID]) -> dict[UUID, Shortfall]:
    """What seems to be missing, by study; studies that look complete are left out. Two queries."""
    wanted = list(study_ids)
    stacks: dict[UUID, dict[UUID, list[tuple[float | None, int | None]]]] = defaultdict(lambda: defaultdict(list))
    rows = ImagingInstance.objects.filter(series__study_id__in=wanted)
    for study_id, series_id, position, number in rows.values_list(
        "series__study_id", "series_id", "position", "number"
    ):
        stacks[study_id][series_id].append((position, number))
    found = {}
    for study_id, announced in ImagingStudy.objects.filter(id__in=wanted).values_list("id", "announced"):
        series = stacks[study_id].values()
        holes = sum(
            count_missing([p for p, _n in stack if p is not None], [n for _p, n in stack if n is not None])
            for stack in series
        )
        promised = max(0, (announced or 0) - sum(map(len, series)))
        if promised or holes:
            found[study_id] = Shortfall(promised, holes)
    return found


def list_problems(import_id: UUID) -> list[ImportProblem]:
    """The files of an import that were not kept, in the order they stood in it."""
    return list(ImportProblem.objects.filter(run_id=import_id).order_by("place"))


def list_imported(import_id: UUID) -> list[ImagingStudy]:
    """The studies to which an import brought images."""
    found = ImagingStudy.objects.filter(series__instances__run_id=import_id).distinct()
    return list(found.order_by("added_at", "id"))


def list_study_ids(import_ids: Iterable[UUID]) -> list[UUID]:
    """The studies that imports brought images for."""
    found = ImagingInstance.objects.filter(run_id__in=list(import_ids))
    return list(found.values_list("series__study_id", flat=True).distinct())


def list_frames(series_id: UUID) -> list[FrameAt]:
    """The stack of a series in the order one scrolls: by place along the normal, else by number."""
    rows = stack_of(series_id).values_list("id", "frames", "position")
    return [FrameAt(instance_id, index, place) for instance_id, count, place in rows for index in range(count)]


def stack_of(series_id: UUID) -> QuerySet[ImagingInstance]:
    """The instances of a series in the order one scrolls."""
    return ImagingInstance.objects.filter(series_id=series_id).order_by(
        F("position").asc(nulls_last=True), F("number").asc(nulls_last=True), "sop_uid"
    )


def count_frames(series_id: UUID) -> int:
    """How many pictures the stack of a series has."""
    return ImagingInstance.objects.filter(series_id=series_id).aggregate(all=Sum("frames"))["all"] or 0


def get_frame_at(series_id: UUID, n: int) -> FrameAt | None:
    """Picture `n` (from 1) of a stack, without loading the thousand others; None where there is none."""
    if n < 1:
        return None
    if ImagingInstance.objects.filter(series_id=series_id, frames__gt=1).exists():
        return next(iter(list_frames(series_id)[n - 1 : n]), None)
    found = stack_of(series_id).values_list("id", "position")[n - 1 : n]
    return next((FrameAt(instance_id, 0, place) for instance_id, place in found), None)


def get_raw(instance: ImagingInstance, index: int = 0) -> bytes:
    """One frame as numbers, for a viewer that windows by itself (`raw.py` has the layout).

    `instance` was loaded by `access_instance`. Raises BadImage: `damaged` or `no_frame`.
    """
    return raw.encode(get_frame(instance, index))


def get_frame(instance: ImagingInstance, index: int) -> Any:
    """One frame decoded, a `frames.Frame`; `instance` as above. Raises BadImage."""
    with open_file(instance.file) as file:
        return frames.read_frame(file, index)


def get_picture(
    instance: ImagingInstance,
    index: int = 0,
    *,
    preset: str = "auto",
    window: Window | None = None,
    size: int | None = None,
    form: str = "png",
    drawn: Sequence[Drawn] = (),
) -> Any:
    """One frame as a picture; `instance` was loaded by `access_instance`. Nothing decoded is kept on disk.

    `preset`: `auto` (the file's own window) or a name of `windows.PRESETS`; `window` goes before it.

    Raises:
        KeyError: unknown preset or form. BadImage: `damaged` or `no_frame`.
    """
    chosen = window or frames.preset(preset)
    return frames.render(get_frame(instance, index), window=chosen, size=size, form=form, drawn=drawn)


def get_etag(
    instance: ImagingInstance, index: int, preset: str, window: Window | None, size: int | None, form: str
) -> str:
    """What a browser may keep a picture under: the same file and the same request give the same picture."""
    shown = f"{window.center:g},{window.width:g}" if window else preset
    return f'"{instance.fingerprint[:24]}-{index}-{shown}-{size or 0}-{form}"'


def list_labels(study_ids: Iterable[UUID]) -> list[tuple[str, str, date | None]]:
    """Modality, description and day of studies, for a list on paper. The caller has checked access."""
    found = ImagingStudy.objects.filter(id__in=list(study_ids)).prefetch_related("series").order_by("taken_on", "id")
    return [
        ("/".join(sorted({series.modality for series in study.series.all()})), study.description, study.taken_on)
        for study in found
    ]


def list_key_images(case_id: UUID, *, study_id: UUID | None = None, at: datetime | None = None) -> list[KeyImage]:
    """The images marked in a case, in the order of marking; of one study, or as they stood at a moment."""
    found = KeyImage.objects.filter(case_id=case_id).select_related("instance__series__study", "instance__file")
    found = found.select_related("instance__file__content", "marked_by")
    if study_id is not None:
        found = found.filter(instance__series__study_id=study_id)
    if at is None:
        return list(found.filter(removed_at=None).order_by("marked_at", "id"))
    there = Q(removed_at=None) | Q(removed_at__gt=at)
    return list(found.filter(there, marked_at__lte=at).order_by("marked_at", "id"))


def get_marked_picture(mark: KeyImage, size: int | None = None, *, measured: bool = True) -> Any:
    """A key image as it was seen when it was marked; `measured`: with what was drawn on it. Raises BadImage."""
    window = Window(mark.center, mark.width) if mark.center is not None and mark.width else None
    drawn = [Drawn(**one) for one in mark.measures or ()] if measured else ()
    return get_picture(mark.instance, mark.index, window=window, size=size, drawn=drawn)
