"""Importing images: what is kept, how the rest is called, twice, and for whom it is visible."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image
from pydicom import dcmread

from huizhen.kernel import clock, files, outbox
from huizhen.kernel.access import NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files.models import File
from huizhen.kernel.files.ports import Folder, StorageTrouble
from huizhen.people.tests.builders import make_account
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.imaging import access, actions, effects, queries
from huizhen.records.imaging.actions import imports, keeping
from huizhen.records.imaging.actions.batches import list_batches
from huizhen.records.imaging.headers import list_promised
from huizhen.records.imaging.models import ImagingImport, ImagingInstance, ImagingStudy, ImportProblem
from huizhen.records.imaging.rules import PROBLEMS, WARNINGS, count_missing, name_fits
from huizhen.records.imaging.tests.real import real
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_ct, make_patient, make_zip
from huizhen.records.tests.cases import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::UserWarning")]
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def patient():
    return make_patient(name="李秀英", account=make_account(kind="patient"))


@pytest.fixture
def doctor(patient):
    return staff("applicant", patient.organisation)


def upload(actor, data: bytes, name: str = "images.zip") -> File:
    return files.store(name, data, actor=actor, at=AT, purpose="imaging")


def bring(patient, actor, *uploads: File, case=None) -> ImagingImport:
    run = actions.start_import(
        patient, [file.id for file in uploads], actor=actor, at=AT, case_id=case.id if case else None
    )
    return actions.run_import(run.id, at=AT)


def problems(run) -> dict[str, str]:
    found = {row.name: row.code for row in ImportProblem.objects.filter(run=run)}
    assert set(found.values()) <= PROBLEMS.keys()
    return found


def numbers(run) -> tuple[int, int, int, int]:
    run.refresh_from_db()
    return run.total, run.done, run.kept, run.known


def study_of(patient, actor, *, case=None, **options) -> ImagingStudy:
    bring(patient, actor, upload(actor, make_zip(make_ct(patient, **options))), case=case)
    return ImagingStudy.objects.latest("added_at", "id")


def visible(loader, actor, thing) -> bool:
    try:
        return loader(actor, thing.id) == thing
    except NotVisible:
        return False


def test_a_zip_becomes_a_study_one_scrolls_through(patient, doctor):
    files_of_study = make_ct(patient, slices=5)
    run = bring(patient, doctor, upload(doctor, make_zip(reversed(files_of_study))))
    assert numbers(run) == (5, 5, 5, 0)
    study = access.list_studies(doctor, patient)[0]
    assert (study.images, study.series_count, study.taken_on, study.warnings) == (5, 1, date(2026, 2, 3), [])
    series = queries.list_series(study.id)[0]
    assert (series.modality, series.body_part, series.images) == ("CT", "CHEST", 5)
    stack = [ImagingInstance.objects.get(id=frame.instance_id) for frame in queries.list_frames(series.id)]
    assert [instance.position for instance in stack] == [0, 3, 6, 9, 12]
    instance = access.access_instance(doctor, stack[2].id)
    made = queries.get_picture(instance, preset="lung", size=16, form="webp")
    assert Image.open(io.BytesIO(made.data)).size == (16, 16)
    assert (made.window.center, made.edges.left) == (-600, "R")


def test_the_upload_starts_the_job(patient, doctor):
    run = actions.start_import(patient, [upload(doctor, make_zip(make_ct())).id], actor=doctor, at=AT)
    outbox.run_pending(clock.now())
    assert numbers(run)[2] == 4
    effects.import_images({"run": str(run.id)})
    assert numbers(run) == (4, 4, 4, 0)
    assert ImagingInstance.objects.count() == 4


def test_broken_files_are_named_one_by_one_and_the_rest_is_kept(patient, doctor):
    good = make_ct(patient, slices=2)
    other = make_patient()
    study_of(other, staff("applicant", other.organisation), seed="others")
    foreign = make_ct(other, seed="others")[0][1]
    changed = dcmread(io.BytesIO(good[0][1]))
    changed.PixelData = bytes(len(changed.PixelData))
    conflict = io.BytesIO()
    changed.save_as(conflict)
    run = bring(
        patient, doctor,
        upload(doctor, make_zip([
            ("CD/DICOMDIR", real("dicomdirtests/DICOMDIR")),
            *good,
            ("note.txt", b"hello"),
            ("cut.dcm", good[1][1][:-50]),
            ("report.dcm", real("test-SR.dcm")),
            ("deflated.dcm", real("image_dfl.dcm")),
            ("nameless.dcm", real("UN_sequence.dcm")),
            ("again.dcm", good[0][1]),
            ("conflict.dcm", conflict.getvalue()),
            ("foreign.dcm", foreign),
        ])),
        upload(doctor, real("CT_small.dcm"), "CT_small.dcm"),
    )  # fmt: skip
    assert problems(run) == {
        "note.txt": "not_dicom",
        "cut.dcm": "truncated",
        "report.dcm": "no_pixels",
        "deflated.dcm": "unsupported_syntax",
        "nameless.dcm": "missing_uid",
        "again.dcm": "duplicate",
        "conflict.dcm": "conflict",
        "foreign.dcm": "other_patient",
    }
    assert numbers(run) == (12, 12, 3, 0)
    assert ImagingStudy.objects.filter(patient=patient).count() == 2


def test_importing_again_keeps_nothing_twice(patient, doctor):
    data = make_zip(make_ct(patient, seed="again"))
    bring(patient, doctor, upload(doctor, data))
    second = bring(patient, doctor, upload(doctor, data + b""))
    assert numbers(second) == (4, 4, 0, 4)
    assert problems(second) == {}
    assert ImagingInstance.objects.count() == 4


def test_a_job_killed_in_the_middle_goes_on_where_it_was(patient, doctor, monkeypatch):
    zipped = upload(doctor, make_zip([*make_ct(patient, slices=12), ("note.txt", b"hello")]))
    run = actions.start_import(patient, [zipped.id], actor=doctor, at=AT)
    keep = imports.keep_batch

    def die_at_the_third(held, batch, at):
        if batch.start > 1:
            raise KeyboardInterrupt
        return keep(held, batch, at)

    monkeypatch.setattr(imports, "keep_batch", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        actions.run_import(run.id, at=AT)
    assert numbers(run) == (13, 9, 9, 0)
    monkeypatch.undo()
    actions.run_import(run.id, at=AT)
    assert numbers(run) == (13, 13, 12, 0)
    assert problems(run) == {"note.txt": "not_dicom"}


def test_a_second_job_that_comes_late_leaves_the_batch_to_the_first(patient, doctor):
    run = actions.start_import(patient, [upload(doctor, make_zip(make_ct(patient))).id], actor=doctor, at=AT)
    stale = imports.load(run.id)
    actions.run_import(run.id, at=AT)
    uploads = list(File.objects.filter(id__in=run.files))
    assert not imports.keep_batch(stale, next(list_batches(uploads, 0)), AT)
    assert (ImagingInstance.objects.count(), numbers(run)) == (4, (4, 4, 4, 0))


def test_images_are_seen_while_the_others_are_on_their_way(patient, doctor):
    first, *others = [upload(doctor, data, name) for name, data in make_ct(patient, slices=3)]
    run = actions.start_import(patient, [first.id], actor=doctor, at=AT, more=True)
    actions.run_import(run.id, at=AT)
    assert access.list_studies(doctor, patient)[0].images == 1
    assert ImagingImport.objects.get().ended_at is None
    actions.add_files(run, [first.id, *(file.id for file in others)], actor=doctor, at=AT)
    actions.run_import(run.id, at=AT)
    assert access.list_studies(doctor, patient)[0].images == 3
    actions.close_import(run, actor=doctor, at=AT)
    actions.close_import(run, actor=doctor, at=AT)
    outbox.run_pending(AT)
    assert (numbers(run), run.ended_at is None) == ((3, 3, 3, 0), False)
    late = upload(doctor, make_zip(make_ct(patient)))
    with pytest.raises(Refused):
        actions.add_files(run, [late.id], actor=doctor, at=AT)


def test_an_import_whose_browser_went_away_is_closed_by_itself(patient, doctor):
    zipped = upload(doctor, make_zip(make_ct(patient)))
    run = actions.start_import(patient, [zipped.id], actor=doctor, at=AT, more=True)
    assert actions.close_waiting(AT + timedelta(minutes=50)) == 0
    assert actions.close_waiting(AT + timedelta(minutes=70)) == 1
    outbox.run_pending(AT)
    assert (numbers(run), run.ended_at is None) == ((4, 4, 4, 0), False)


def test_a_full_disk_loses_nothing_and_is_said(patient, doctor, monkeypatch):
    zipped = upload(doctor, make_zip(make_ct(patient, slices=12)))
    run = actions.start_import(patient, [zipped.id], actor=doctor, at=AT)
    put, space = Folder.put, iter([True] * 5)

    def full_after_five(self, name, chunks):
        if not next(space, False):
            raise StorageTrouble(f"{name}: No space left on device")
        put(self, name, chunks)

    monkeypatch.setattr(Folder, "put", full_after_five)
    with pytest.raises(StorageTrouble):
        actions.run_import(run.id, at=AT)
    assert (numbers(run), run.trouble) == ((12, 1, 1, 0), "storage")
    monkeypatch.undo()
    actions.run_import(run.id, at=AT)
    assert (numbers(run), run.trouble) == ((12, 12, 12, 0), "")


def test_the_same_images_from_two_desks_at_once(patient, doctor, monkeypatch):
    data = make_zip(make_ct(patient, slices=4, seed="both"))
    runs = [actions.start_import(patient, [upload(doctor, data).id], actor=doctor, at=AT) for _ in range(2)]
    store, others = keeping.store, []

    def the_other_first(*arguments):
        if not others:
            others.append(1)
            actions.run_import(runs[1].id, at=AT)
        return store(*arguments)

    monkeypatch.setattr(keeping, "store", the_other_first)
    actions.run_import(runs[0].id, at=AT)
    assert [numbers(run) for run in runs] == [(4, 4, 0, 4), (4, 4, 4, 0)]


def test_a_thousand_images_cost_a_dozen_statements_a_batch(patient, doctor, django_assert_max_num_queries):
    run = actions.start_import(
        patient, [upload(doctor, make_zip(make_ct(patient, slices=70, size=8))).id], actor=doctor, at=AT
    )
    with django_assert_max_num_queries(90):  # 1 + 8 + 32 + 29 images; one by one it would be 1,700
        actions.run_import(run.id, at=AT)
    assert numbers(run) == (70, 70, 70, 0)


def test_images_that_the_disc_names_and_that_did_not_come(patient, doctor):
    bring(patient, doctor, upload(doctor, make_zip([("DICOMDIR", real("dicomdirtests/DICOMDIR"))])))
    promised = list_promised(io.BytesIO(real("dicomdirtests/DICOMDIR")))
    assert sum(promised.values()) == 31
    study = study_of(patient, doctor)
    ImagingStudy.objects.filter(id=study.id).update(announced=9)
    assert queries.list_shortfalls([study.id]) == {study.id: queries.Shortfall(promised=5, holes=0)}


@pytest.mark.parametrize(
    ("positions", "numbers", "missing"),
    [
        ([0, 3, 6, 9, 12, 15], [], 0),
        ([0, 3, 6, 12, 15, 18], [], 1),
        ([0, 3, 6, 9, 18, 21, 24], [], 2),
        ([0, 1, 5, 6, 20, 23], [], 0),
        ([0, 0, 3, 3, 6, 6, 12, 12], [], 0),
        ([], [1, 2, 3, 5, 6], 1),
        ([], [1, 2], 0),
        ([], [10, 20, 30, 40], 0),
    ],
)
def test_holes_in_a_stack(positions, numbers, missing):
    assert count_missing(positions, numbers) == missing


def test_somebody_elses_data_in_the_header_is_warned_of(patient, doctor):
    bring(patient, doctor, upload(doctor, real("CT_small.dcm"), "CT_small.dcm"))
    bring(patient, doctor, upload(doctor, make_ct()[0][1], "1.dcm"))
    other = make_patient(name="王强", sex="male", birth_on=date(1970, 1, 1))
    bring(patient, doctor, upload(doctor, make_ct(other)[0][1], "1.dcm"))
    found = {tuple(study.warnings) for study in ImagingStudy.objects.all()}
    assert found == {(), ("birth_differs", "name_differs", "sex_differs")}
    assert set(WARNINGS) > {"name_differs"}


@pytest.mark.parametrize(
    ("written", "name", "fits"),
    [
        ("李^秀英", "李秀英", True),
        ("Li^Xiuying=李^秀英", "李秀英", True),
        ("Li^Xiuying", "李秀英", True),
        ("王^强", "李秀英", False),
        ("Wang^Qiang=王^强", "李秀英", False),
        ("Smith^John", "John Smith", True),
        ("JONES^SMITH", "John Smith", False),
        ("", "李秀英", True),
    ],
)
def test_names_in_headers(written, name, fits):
    assert name_fits(written, name) is fits


def test_what_is_refused_before_the_job(patient, doctor):
    pdf = files.store("1.pdf", b"%PDF-1.4 x", actor=doctor, at=AT, purpose="document")
    other = upload(staff("applicant"), make_zip([("1", b"1")]))
    for file_ids, code in (([], "missing"), ([pdf.id], "not_imaging"), ([other.id], "not_yours")):
        with pytest.raises(Refused) as refused:
            actions.start_import(patient, file_ids, actor=doctor, at=AT)
        assert refused.value.errors == {"files": code}


def test_who_sees_images(patient, doctor):
    study = study_of(patient, doctor)
    series = queries.list_series(study.id)[0]
    instance = ImagingInstance.objects.first()
    expert, documents_only = make_account(), make_account()
    make_consent(patient, account=expert, scope=["imaging"])
    make_consent(patient, account=documents_only, scope=["documents"])
    readers = (doctor, family(patient.account), as_staff(expert))
    strangers = (as_staff(documents_only), staff("applicant"), staff("expert", patient.organisation), family())
    for loader, thing in (
        (access.access_study, study), (access.access_series, series), (access.access_instance, instance),
        (access.access_import, instance.run),
    ):  # fmt: skip
        assert all(visible(loader, actor, thing) for actor in readers)
        assert not any(visible(loader, actor, thing) for actor in strangers)


def test_withdrawing_stops_the_next_image(patient, doctor):
    study_of(patient, doctor)
    first, second = ImagingInstance.objects.all()[:2]
    expert = make_account()
    consent = make_consent(patient, account=expert)
    assert visible(access.access_instance, as_staff(expert), first)
    withdraw_consent(consent, actor=family(patient.account), at=clock.now())
    assert not visible(access.access_instance, as_staff(expert), second)
    assert access.list_studies(as_staff(expert), patient) == []


def test_a_case_opens_its_own_studies_and_nothing_else_of_the_record(patient, doctor):
    expert = make_account()
    case, other = make_case(patient, expert=expert), make_case(patient, expert=expert)
    make_consent(patient, case=case)
    mine, foreign, general = (study_of(patient, doctor, case=key) for key in (case, other, None))
    actor = as_staff(expert)
    assert [visible(access.access_study, actor, study) for study in (mine, foreign, general)] == [True, False, False]
    assert set(access.list_studies(actor, patient)) == {mine}


def test_scrolling_is_one_entry_an_hour(patient, doctor):
    study = study_of(patient, doctor)
    access.access_study(doctor, study.id)
    for instance in ImagingInstance.objects.all():
        access.access_instance(doctor, instance.id)
    access.access_instance(family(patient.account), instance.id)
    seen = AuditEntry.objects.filter(action="records.series.read").values_list("actor_id", flat=True)
    assert sorted(seen) == sorted([doctor.account_id, patient.account.id])
    assert AuditEntry.objects.filter(action="records.study.read").count() == 1


def test_etags_tell_pictures_apart(patient, doctor):
    study_of(patient, doctor)
    first, second = ImagingInstance.objects.all()[:2]
    asked = [(first, 0, "lung", None, None, "png"), (first, 0, "bone", None, None, "png"),
             (second, 0, "lung", None, None, "png"), (first, 0, "lung", None, 64, "png")]  # fmt: skip
    assert len({queries.get_etag(*request) for request in asked}) == 4
