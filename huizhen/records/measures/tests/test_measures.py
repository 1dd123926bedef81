"""Measurements: what they say, who keeps and sees them, what two windows do to each other, and how they look drawn."""

import io
import math
from uuid import uuid4

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image

from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import Participant
from huizhen.kernel.pulse.tests.listening import Ear, wait_until
from huizhen.people.tests.builders import make_account
from huizhen.records.imaging import actions as imaging
from huizhen.records.imaging import queries
from huizhen.records.imaging.access import access_series
from huizhen.records.imaging.drawing import INK
from huizhen.records.imaging.facts import Drawn
from huizhen.records.imaging.models import ImagingInstance, ImagingSeries
from huizhen.records.imaging.samples import FIELD
from huizhen.records.imaging.tests.test_import import AT, bring, doctor, patient, upload
from huizhen.records.measures import access, actions, rules
from huizhen.records.measures.models import Measurement
from huizhen.records.measures.queries import drawn
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, family
from huizhen.records.tests.builders import make_consent, make_ct, make_zip
from huizhen.records.tests.cases import bring_for, close_case, make_case

__all__ = ["doctor", "patient"]
pytestmark = pytest.mark.django_db
SIZE = 64
LENGTH = [[10.0, 20.0], [50.0, 20.0]]


@pytest.fixture
def image(patient, doctor):
    bring(patient, doctor, upload(doctor, make_zip(make_ct(patient, slices=2, size=SIZE))))
    return ImagingInstance.objects.select_related("series__study__patient", "file").earliest("position")


@pytest.fixture
def panel(patient, image):
    """A case with two experts, by the centre of the patient's hospital."""
    first, second = make_account(), make_account()
    case = make_case(patient, expert=first, chair=second, applicant=make_account())
    make_consent(patient, case=case)
    bring_for(case, image.series.study)
    return case, as_staff(first), as_staff(second)


def draw(image, case, actor, points=LENGTH, kind="length", key=None, index=0):
    found = access.access_instance_to_measure(actor, image.id, case.id if case else None)
    return actions.draw(
        found, case.id if case else None, key=key or uuid4(), index=index, kind=kind, points=points, actor=actor, at=AT
    )


def standing(actor, image, case):
    series = access_series(actor, image.series_id)
    return access.list_measures(actor, series, case.id if case else None)


RAMP = np.arange(200, dtype=np.int16).reshape(10, 20) - 100


@pytest.mark.parametrize(
    ("kind", "points", "spacing", "says"),
    [
        ("length", [(0, 0), (3, 4)], (1, 1), ["5.0 mm"]),
        ("length", [(0, 0), (3, 4)], (0.5, 1), [f"{math.hypot(3, 2):.1f} mm"]),
        ("length", [(0, 0), (3, 4)], None, ["5.0 px"]),
        ("angle", [(5, 0), (0, 0), (0, 5)], (1, 1), ["90.0°"]),
        ("angle", [(5, 0), (0, 0), (5, 5)], (2, 1), [f"{math.degrees(math.atan2(2, 1)):.1f}°"]),
        ("angle", [(5, 5), (0, 0), (-5, -5)], (1, 1), ["180.0°"]),
        ("value", [(3.99, 2.01)], (1, 1), [f"{RAMP[2, 3]} HU"]),
        ("ellipse", [(4, 6), (4, 2), (2, 4), (6, 4)], (1, 1), [f"{RAMP[2:6, 2:6].mean():.0f} ± 19 HU", "12.57 mm²"]),
        ("ellipse", [(0, 5), (20, 5), (10, 0), (10, 10)], (2, 2), ["0 ± 50 HU", "6.28 cm²"]),
    ],
)
def test_what_a_measurement_says(kind, points, spacing, says):
    points = rules.read_points([list(map(float, one)) for one in points], kind, 20, 10)
    assert rules.lines_of(rules.figures_of(kind, points, spacing, RAMP, "HU")) == says


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("length", [[0, 0]]), ("length", None), ("length", [[0, 0], ["x", 1]]), ("length", [[0, 0], [math.nan, 1]]),
        ("length", [[0, 0], [0.01, 0]]), ("length", [[0, 0], [1e9, 0]]), ("value", [[-1, 0]]), ("value", [[20, 0]]),
        ("ring", [[0, 0]]), ("angle", [[0, 0], [1]]), ("length", [[0, 0], [math.inf, 0]]), ("length", {"a": 1}),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(kind, points):
    with pytest.raises(Refused):
        rules.read_points(points, kind, 20, 10)


def test_a_measurement_is_kept_once_moved_taken_back_and_brought_back(image, panel):
    case, expert, chair = panel
    key = uuid4()
    first = draw(image, case, expert, key=key)
    assert draw(image, case, expert, key=key) == first, "a retry"
    pixel = FIELD / SIZE
    assert rules.lines_of(first.content["figures"]) == [f"{40 * pixel:.1f} mm"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM records_measurement")
        assert b"points" not in bytes(cursor.fetchone()[0])
    longer = [[10.0, 20.0], [60.0, 20.0]]
    mine = access.access_measure(expert, first.id)
    moved = actions.change(mine, points=longer, version=1, actor=expert, at=AT)
    assert actions.change(mine, points=longer, version=1, actor=expert, at=AT).version == moved.version == 2
    with pytest.raises(Refused, match="changed_elsewhere"):
        actions.change(mine, points=LENGTH, version=1, actor=expert, at=AT)
    for _ in range(2):
        actions.take_back(mine, actor=expert, at=AT)
    with pytest.raises(Refused, match="changed_elsewhere"):
        actions.change(mine, points=LENGTH, version=2, actor=expert, at=AT)
    assert draw(image, case, expert, key=key).removed_at, "a late retry brings nothing back"
    assert standing(expert, image, case) == []
    for _ in range(2):
        actions.bring_back(mine, actor=expert, at=AT)
    [shown] = standing(chair, image, case)
    assert (shown.content["points"], shown.version) == (longer, 4)
    acts = AuditEntry.objects.filter(action__startswith="records.measure")
    assert [one.action.rsplit(".")[-1] for one in acts.order_by("id")] == ["drawn", "changed", "removed", "restored"]
    with pytest.raises(Refused):
        draw(image, case, expert, index=1)


def test_those_who_discuss_see_them_and_nobody_else(image, panel, patient, doctor):
    case, expert, chair = panel
    shared, own = draw(image, case, expert), draw(image, None, doctor)
    assert (standing(expert, image, case), standing(chair, image, case)) == ([shared], [shared])
    assert (standing(doctor, image, case), standing(doctor, image, None)) == ([own], [own])
    applicant = as_staff(Participant.objects.get(case=case, capacity="applicant").account)
    person = family(patient.account)
    theirs = draw(image, case, applicant)
    assert standing(applicant, image, case) == [theirs], "the applicant sees the own ones, the experts all"
    assert standing(expert, image, case) == [shared, theirs]
    assert standing(person, image, case) == []
    with pytest.raises(NotAllowed):
        access.access_measure(chair, shared.id)
    for other in (applicant, person, as_staff(make_account())):
        with pytest.raises(NotVisible):
            access.access_measure(other, shared.id)
    with pytest.raises(NotAllowed):
        draw(image, None, person)
    with pytest.raises(NotVisible):
        draw(image, make_case(patient, expert=make_account()), doctor)
    with pytest.raises(NotVisible):
        access.access_measure(expert, own.id)
    close_case(case)
    with pytest.raises(NotVisible):
        access.access_measure(expert, shared.id)


@pytest.mark.parametrize(("size", "times"), [(64, 8), (512, 1), (300, 2)])
def test_lines_lie_exactly_where_they_were_drawn(size, times):
    """Bright where the line goes, untouched a few pixels beside it; the letters stand right of the last point."""
    picture = Image.new("L", (size, size), 60)
    scaled = [[size * 0.25, size * 0.5], [size * 0.5, size * 0.5]]
    shown = np.asarray(queries.frames.draw(picture, [Drawn("length", scaled, [])]))
    assert shown.shape == (size * times, size * times, 3)
    row, begin, end = (round(part * size * times) for part in (0.5, 0.25, 0.5))
    assert (shown[row, begin + 8 : end - 8] == INK).all()
    assert (shown[row - 8, begin:end] == 60).all()
    assert (shown[row, : begin - 8] == 60).all()
    assert (shown[row, end + 8 :] == 60).all()


def test_a_key_image_carries_what_was_drawn_onto_paper(image, panel):
    case, expert, _chair = panel
    measure = draw(image, case, expert)
    mark = imaging.mark_image(
        image, case.id, index=0, window=None, note="", drawn=drawn([measure]), actor=expert, at=AT
    )
    actions.take_back(access.access_measure(expert, measure.id), actor=expert, at=AT)
    [kept] = queries.list_key_images(case.id)
    assert kept == mark
    plain = pixels(queries.get_marked_picture(kept, measured=False))
    paper = pixels(queries.get_marked_picture(kept))
    times = paper.shape[0] // SIZE
    x, y = 30 * times, 20 * times
    assert tuple(paper[y, x]) == INK
    untouched = np.s_[40 * times :, :]
    assert np.array_equal(paper[untouched], np.repeat(np.repeat(plain, times, 0), times, 1)[untouched])
    small = Image.open(io.BytesIO(queries.get_marked_picture(kept, 160).data))
    assert max(small.size) == 160


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"))


def test_what_belongs_to_an_image_stays_with_it(image, panel):
    case, expert, _chair = panel
    measure = draw(image, case, expert, [[12.5, 30.5]], "value")
    series = ImagingSeries.objects.get()
    assert measure.instance.series == series
    assert rules.lines_of(measure.content["figures"])[0].endswith(" HU")
    other = ImagingInstance.objects.latest("position")
    with pytest.raises(DatabaseError, match="pgtrigger"):
        Measurement.objects.filter(id=measure.id).update(instance=other)


@pytest.mark.django_db(transaction=True)
def test_colleagues_on_the_case_hear_that_something_was_measured(own_jobs, image, patient, doctor):
    expert = make_account()
    with transaction.atomic():
        case = make_case(patient, expert=expert)
    make_consent(patient, case=case)
    bring_for(case, image.series.study)
    with Ear() as ear:
        draw(image, None, doctor)
        kept = draw(image, case, as_staff(expert))
        actions.take_back(access.access_measure(as_staff(expert), kept.id), actor=as_staff(expert), at=AT)
        wait_until(lambda: len(measured(ear)) == 2)
    assert set(measured(ear)) == {f"case:{case.id}:measures"}, "of one's own drawing outside a case nobody hears"


def measured(ear):
    return [one.channel for one in ear.heard if one.channel.endswith(":measures")]
