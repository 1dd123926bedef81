"""Images: brought in, each broken file named, scrolled through, and gone with the consent."""

import io
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse
from pydicom import dcmread
from pydicom.data import get_testdata_file

from huizhen.console.records.tests.desk import person, sit_down, staff, text, upload
from huizhen.kernel import clock, outbox
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files import Refused
from huizhen.people.accounts.tests.people import fresh_cache
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.imaging.actions import run_import, start_import
from huizhen.records.imaging.models import ImagingImport, ImagingSeries, KeyImage
from huizhen.records.tests.builders import make_consent, make_ct, make_patient, make_zip
from huizhen.records.tests.cases import bring_for, make_case

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def house():
    return make_organisation()


@pytest.fixture
def patient(house):
    return make_patient(house, account=make_account(kind="patient"))


@pytest.fixture
def desk(house):
    return staff("applicant", house)


def bring(desk, patient, *files):
    """Import these as a person would, and let the job run; the progress page's address."""
    answer = desk.post(reverse("imaging-new", args=[patient.id]), {"files": [file.id for file in files]})
    outbox.run_pending(at=clock.now())
    return answer.url


@pytest.fixture
def series(desk, patient):
    bring(desk, patient, upload(desk, "ct.zip", make_zip(make_ct(patient)), "imaging"))
    return ImagingSeries.objects.get()


def frame(series, n=1, **asked):
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return reverse("frame", args=[series.id, n]) + (f"?{query}" if query else "")


def test_a_real_image_is_imported_and_a_truncated_one_is_named(desk, patient):
    whole = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    files = [upload(desk, "CT_small.dcm", whole, "imaging"), upload(desk, "CUT_0007.dcm", whole[:20000], "imaging")]
    page = text(desk.get(bring(desk, patient, *files)))
    assert "1 image was added" in page
    assert "CUT_0007.dcm" in page
    assert "The file is cut off" in page
    series = ImagingSeries.objects.get()
    assert desk.get(frame(series, window="bone")).content.startswith(PNG)


def test_every_broken_file_of_a_zip_is_named(desk, patient):
    good = make_ct(patient)
    broken = [("a/BAD1.dcm", good[0][1][:900]), ("b/notes.txt", b"hello")]
    page = text(desk.get(bring(desk, patient, upload(desk, "ct.zip", make_zip([*good[1:], *broken]), "imaging"))))
    assert "3 images were added" in page
    assert "BAD1.dcm" in page
    assert "notes.txt" in page


def test_the_progress_page_asks_again_only_while_there_is_work(desk, patient):
    file = upload(desk, "ct.zip", make_zip(make_ct(patient)), "imaging")
    there = desk.post(reverse("imaging-new", args=[patient.id]), {"files": [file.id]}).url
    waiting = text(desk.get(there, headers={"HX-Request": "true"}))
    assert "every 2s" in waiting
    assert "<html" not in waiting
    outbox.run_pending(at=clock.now())
    assert ImagingImport.objects.get().ended_at
    assert "every 2s" not in text(desk.get(there, headers={"HX-Request": "true"}))


def test_a_zip_bomb_is_refused_when_its_upload_ends(desk):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(20):
            archive.writestr(f"{n}.dcm", bytes(20 * 2**20))
    with pytest.raises(Refused, match="bomb"):
        upload(desk, "ct.zip", target.getvalue(), "imaging")


def test_without_files_it_says_so_and_a_document_is_no_image(desk, patient):
    there = reverse("imaging-new", args=[patient.id])
    assert desk.post(there).status_code == 400
    file = upload(desk, "a.pdf", b"%PDF-1.4\n%%EOF\n", "document")
    answer = desk.post(there, {"files": [file.id]})
    assert "Only DICOM files" in text(answer)
    assert str(file.id) in text(answer)


def test_a_series_is_shown_with_presets_and_one_entry_for_all_its_images(desk, series, patient):
    page = text(desk.get(reverse("series", args=[series.id])))
    assert "image-viewer" in page
    assert all(f'data-window="{code}"' in page for code in ("auto", "lung", "mediastinum", "bone", "brain"))
    for n in range(1, 5):
        for window in ("auto", "lung"):
            assert desk.get(frame(series, n, window=window)).status_code == 200
    assert AuditEntry.objects.filter(action="records.series.read", actor_id=desk.account.id).count() == 1


def test_a_frame_is_kept_by_the_own_browser_and_asked_about_each_time(desk, series):
    first = desk.get(frame(series, 2, window="bone"))
    assert first["Cache-Control"] == "private, no-cache"
    again = desk.get(frame(series, 2, window="bone"), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = desk.get(frame(series, 2, window="lung"), headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("n", "asked"),
    [(0, {}), (5, {}), (1, {"window": "x"}), (1, {"size": "-1"}), (1, {"size": "99999"}), (1, {"size": "a"})],
)
def test_what_is_not_there_is_not_there(desk, series, n, asked):
    assert desk.get(frame(series, n, **asked)).status_code == 404


def test_a_consent_withdrawn_while_the_page_is_open_stops_the_next_image(series, patient):
    expert = staff("expert")
    consent = make_consent(patient, account=expert.account)
    assert expert.get(reverse("series", args=[series.id])).status_code == 200
    first = expert.get(frame(series, 1))
    assert first.status_code == 200
    withdraw_consent(consent, actor=sit_down(patient.account).actor, at=clock.now())
    assert expert.get(frame(series, 2)).status_code == 404
    assert expert.get(frame(series, 1), headers={"If-None-Match": first["ETag"]}).status_code == 404
    assert expert.get(reverse("series", args=[series.id])).status_code == 404


def test_strangers_find_nothing(series, patient):
    run = ImagingImport.objects.get()
    for other in (staff("applicant"), staff("expert"), staff("coordinator"), staff("audit_admin"), person()):
        for there in (reverse("series", args=[series.id]), frame(series), reverse("import", args=[run.id])):
            assert other.get(there).status_code == 404
        assert other.post(reverse("imaging-new", args=[patient.id])).status_code == 404


def test_the_patient_looks_at_the_own_images(series, patient):
    own = sit_down(patient.account)
    assert own.get(frame(series)).status_code == 200


def test_a_frame_costs_few_queries(desk, series, django_assert_max_num_queries):
    desk.get(frame(series, 1))
    with django_assert_max_num_queries(12):
        desk.get(frame(series, 2))


def test_the_tiles_of_a_patient_cost_the_same_however_many(desk, series, patient, django_assert_max_num_queries):
    for seed in ("one", "two"):
        bring(desk, patient, upload(desk, "ct.zip", make_zip(make_ct(patient, slices=1, seed=seed)), "imaging"))
    with django_assert_max_num_queries(22):
        desk.get(reverse("patient", args=[patient.id]))


def test_files_are_added_to_a_running_import_as_they_come(desk, patient):
    first, second = (upload(desk, name, data, "imaging") for name, data in make_ct(patient, slices=2))
    run = desk.post(reverse("imaging-new", args=[patient.id]), {"files": [first.id], "more": "yes"}).json()
    outbox.run_pending(at=clock.now())
    assert "What has arrived can be looked at already" in text(
        desk.get(run["progress"], headers={"HX-Request": "true"})
    )
    assert desk.post(run["add"], {"files": [second.id], "last": "yes"}).status_code == 204
    outbox.run_pending(at=clock.now())
    assert "2 images were added" in text(desk.get(run["progress"]))
    assert (
        desk.post(run["add"], {"files": [upload(desk, "x.dcm", make_ct(patient)[0][1], "imaging").id]}).status_code
        == 422
    )


def test_the_stack_and_its_frames_as_numbers(desk, series):
    listed = desk.get(reverse("stack", args=[series.id])).json()
    assert (listed["modality"], [place for _address, place in listed["frames"]]) == ("CT", [0, 3, 6, 9])
    address = listed["frames"][0][0]
    first = desk.get(address, headers={"Accept-Encoding": "gzip"})
    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    assert desk.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert desk.get(address[:-1] + "7").status_code == 404
    assert staff("expert").get(address).status_code == 404


def test_an_expert_marks_a_key_image(series, patient):
    expert = staff("expert")
    case = make_case(patient, expert=expert.account)
    make_consent(patient, case=case)
    bring_for(case, series.study)
    page = text(expert.get(reverse("series", args=[series.id]) + f"?case={case.id}"))
    assert "Mark this image for the report" in page
    sent = {"series": series.id, "n": 2, "center": "-600", "width": "1500", "note": "nodule"}
    shown = text(expert.post(reverse("mark", args=[case.id]), sent))
    assert "nodule" in shown
    mark = KeyImage.objects.get()
    assert expert.get(reverse("marked", args=[mark.id])).content.startswith(PNG)
    assert "nodule" not in text(expert.post(reverse("unmark", args=[mark.id])))
    assert expert.post(reverse("mark", args=[case.id]), {**sent, "n": 99}).status_code == 404


def brought(desk, patient, seed, *, case=None):
    """Another study of the patient, added for a case or for none; its series."""
    file = upload(desk, "ct.zip", make_zip(make_ct(patient, slices=1, seed=seed)), "imaging")
    run = start_import(patient, [file.id], actor=desk.actor, at=clock.now(), case_id=case.id if case else None)
    run_import(run.id, at=clock.now())
    return ImagingSeries.objects.get(instances__run_id=run.id)


def test_other_studies_are_offered_to_whoever_could_open_them(desk, series, patient):
    house, outside, friend = staff("department_head", patient.organisation), staff("expert"), staff("expert")
    here, elsewhere = make_case(patient, expert=outside.account), make_case(patient, expert=friend.account)
    make_consent(patient, case=here)
    make_consent(patient, case=elsewhere)
    general, mine, theirs = (
        brought(desk, patient, f"other-{n}", case=c) for n, c in enumerate((None, here, elsewhere))
    )
    foreign = make_patient(patient.organisation)
    strange = brought(desk, foreign, "foreign")
    bring_for(here, series.study)
    seen = {outside: (series, {mine}), friend: (theirs, set()), house: (series, {general, mine, theirs}),
            sit_down(patient.account): (series, {general, mine, theirs})}  # fmt: skip
    for who, (first, others) in seen.items():
        page = reverse("series", args=[first.id])
        entries = AuditEntry.objects.filter(actor_id=who.account.id, action="records.series.read")
        shown = text(who.get(page))
        for one in {general, mine, theirs, strange} - {first}:
            stack = reverse("stack", args=[one.id])
            assert (stack in shown) == (one in others)
        assert set(entries.values_list("subject_id", flat=True)) == {str(first.id)}, "to be told of a study is no look"
        for one in {general, mine, theirs} - {first}:
            assert (who.get(reverse("stack", args=[one.id])).status_code == 200) == (one in others)
        read = {str(one.id) for one in (first, *others)}
        assert set(entries.values_list("subject_id", flat=True)) == read, "each one opened leaves its own entry"
    page = reverse("series", args=[series.id])
    assert foreign.name not in text(outside.get(page))
    assert patient.name not in text(outside.get(page)), "an expert outside reads the beginning of the name"


def test_a_key_image_of_a_study_beside_is_listed_with_the_others(desk, series, patient):
    expert = staff("expert")
    case = make_case(patient, expert=expert.account)
    make_consent(patient, case=case)
    bring_for(case, series.study)
    for one, note in ((series, "now"), (brought(desk, patient, "before", case=case), "then")):
        shown = text(expert.post(reverse("mark", args=[case.id]), {"series": one.id, "n": 1, "note": note}))
    assert "now" in shown
    assert "then" in shown


def test_measurements_are_kept_shown_and_drawn(series, patient):
    expert, chair, own = staff("expert"), staff("expert"), sit_down(patient.account)
    case = make_case(patient, expert=expert.account, chair=chair.account)
    make_consent(patient, case=case)
    bring_for(case, series.study)
    image = series.instances.first()
    sent = {
        "case": case.id, "instance": image.id, "index": 0, "key": uuid4(), "kind": "length", "points": "[[3, 4], [6, 8]]",
    }  # fmt: skip
    address = reverse("measure-draw")
    for _ in range(2):
        [kept] = expert.post(address, sent).json()["measures"]
    assert (kept["points"], kept["version"], kept["mine"]) == ([[3, 4], [6, 8]], 1, True)
    listed = reverse("measures", args=[series.id])
    [seen] = chair.get(listed, {"case": case.id}).json()["measures"]
    assert (seen["lines"], seen["mine"]) == (kept["lines"], False)
    assert kept["lines"][0] in text(chair.get(listed, {"case": case.id}, headers={"HX-Request": "true"}))
    assert own.get(listed, {"case": case.id}).json()["measures"] == []
    assert own.get(reverse("series", args=[series.id])).context["measures_at"] == ""
    news = f'data-live="case:{case.id}:measures"'
    page = chair.get(reverse("series", args=[series.id]), {"case": case.id})
    assert news in text(page), "a colleague's measurement is heard of"
    assert page.wsgi_request.live_channels == (f"case:{case.id}:measures",)
    assert news not in text(own.get(reverse("series", args=[series.id]), {"case": case.id}))
    shown = {who: who.get(frame(series, 1, drawn=case.id)) for who in (expert, chair, own)}
    assert shown[expert].content == shown[chair].content != own.get(frame(series, 1)).content == shown[own].content
    assert shown[expert]["ETag"] != shown[own]["ETag"]
    change, remove, restore = (
        reverse(name, args=[kept["id"]]) for name in ("measure-change", "measure-remove", "measure-restore")
    )
    moved = {"case": case.id, "version": 1, "points": "[[3, 4], [6, 9]]"}
    assert [expert.post(change, one).status_code for one in (moved, moved, {**moved, "points": "[[1, 1], [2, 2]]"})] == [
        200, 200, 409,
    ]  # fmt: skip
    for who, code in ((chair, 403), (own, 404), (staff("expert"), 404)):
        assert {who.post(there, moved).status_code for there in (change, remove, restore)} == {code}
    assert expert.post(remove, {"case": case.id}).json()["measures"] == []
    undone = expert.post(restore, {"case": case.id}, headers={"HX-Request": "true"})
    assert kept["id"] in text(undone)
    for wrong in ({"points": "[[3"}, {"kind": "x"}, {"index": 9}):
        assert expert.post(address, {**sent, "key": uuid4(), **wrong}).status_code == 422
    assert own.post(address, {**sent, "key": uuid4()}).status_code == 404
    assert expert.post(address, {**sent, "key": "x"}).status_code == 404


def test_names_in_the_picture_and_missing_images_are_warned_of_on_the_pages(desk, patient):
    images = make_ct(patient, slices=9)
    del images[4]
    burnt = dcmread(io.BytesIO(images[0][1]))
    burnt.BurnedInAnnotation = "YES"
    target = io.BytesIO()
    burnt.save_as(target, enforce_file_format=True)
    packed = [(images[0][0], target.getvalue()), *images[1:]]
    progress = bring(desk, patient, upload(desk, "ct.zip", make_zip(packed), "imaging"))
    series = ImagingSeries.objects.get()
    for address in (progress, reverse("series", args=[series.id]), reverse("patient", args=[patient.id])):
        page = text(desk.get(address))
        assert "Names are burnt into the images." in page
        assert "1 image seems to be missing between the others." in page
