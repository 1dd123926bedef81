"""Material that is uploaded: broken files are named where they were uploaded, and only what was chosen is sent."""

import re
from datetime import date

import pytest

from huizhen.console.consult.joint.brought import MOST_NAMED
from huizhen.console.consult.joint.material import study_label
from huizhen.console.consult.joint.usual import list_usual, months_before
from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Application, Material
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import files, outbox
from huizhen.records.imaging.models import ImagingStudy
from huizhen.records.imaging.rules import PROBLEMS
from huizhen.records.tests.builders import make_ct, make_patient, make_zip

pytestmark = pytest.mark.django_db

START = "/consult/joint/new/"
ASKS_AGAIN = "every 2s"
QUESTION = {"question": "右肺结节是否需要手术？", "summary": "女，68 岁，体检发现右肺上叶磨玻璃结节 12 mm。"}


def upload(cast, name, data):
    return str(files.store(name, data, actor=cast.actor(cast.applicant), at=cast.at, purpose="imaging").id)


def broken(cast):
    """An image of which the end is missing."""
    return make_ct(cast.patient)[0][1][:-900]


def mixed(cast):
    """Three good images, a broken one and a text, in one zip."""
    good = make_ct(cast.patient)
    return make_zip([*good[1:], ("a/CUT_0007.dcm", good[0][1][:900]), ("b/notes.txt", b"hello")])


def read(client, where, **asked):
    answer = client.get(where, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def ticks(page):
    """Each box of the record's list and whether it is ticked."""
    boxes = re.findall(r'name="have_(?:study|document)" value="([^"]+)"( checked)?', page)
    return {key: bool(tick) for key, tick in boxes}


def begin(cast, client):
    return client.post(START, {"patient": str(cast.patient.id)})["Location"].removesuffix("question/")


def incomplete(cast, **given):
    application = make.submitted(cast, **given)
    actions.ask_material(
        cast.actor(cast.coordinator), application.case_id, missing=["imaging"], note="", at=cast.later(minutes=5)
    )
    cast.later(minutes=5)
    return application


def test_an_upload_of_which_nothing_can_be_used_is_named_at_every_later_step(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    sent = {"imaging": upload(cast, "CUT_0007.dcm", broken(cast))}
    assert client.post(f"{at}materials/", sent).status_code == 302
    assert ASKS_AGAIN in read(client, f"{at}materials/")
    outbox.run_pending(cast.at)
    for step in ("materials", "progress", "check"):
        page = read(client, f"{at}{step}/")
        assert "CUT_0007.dcm" in page, step
        assert str(PROBLEMS["truncated"]) in page, step
        assert "没有可以添加的影像" in page
        assert "重新导出该检查" in page
        assert ASKS_AGAIN not in page, "nobody is told to wait"


def test_of_a_mixed_zip_the_good_images_come_and_the_others_are_named(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    client.post(f"{at}materials/", {"imaging": upload(cast, "ct.zip", mixed(cast))})
    outbox.run_pending(cast.at)
    page = read(client, f"{at}materials/")
    assert "已添加 3 幅影像" in page
    assert "CUT_0007.dcm" in page
    assert "notes.txt" in page
    study = ImagingStudy.objects.get()
    assert ticks(page) == {str(study.id): True}
    client.post(f"{at}materials/", {"shown": str(study.id)})
    assert ticks(read(client, f"{at}materials/")) == {str(study.id): False}, "a tick taken away stays away"
    asked = {"have_study": str(study.id), "shown": str(study.id)}
    assert ticks(read(client, f"{at}progress/", **asked)) == {str(study.id): True}, "what is ticked while one waits"


def test_many_broken_files_are_named_up_to_a_number_and_the_rest_a_link_away(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    texts = make_zip([(f"T{number:04d}.txt", b"hello %d" % number) for number in range(MOST_NAMED + 2)])
    client.post(f"{at}materials/", {"imaging": upload(cast, "texts.zip", texts)})
    outbox.run_pending(cast.at)
    page = read(client, f"{at}check/")
    assert page.count(".txt") == MOST_NAMED
    there = re.search(r'href="([^"]+)">还有 2 个文件', page)[1]
    assert read(client, there).count(".txt") == MOST_NAMED + 2


def test_material_that_was_asked_for_names_what_is_broken_and_ends_the_promise(cast, as_):
    application, client = incomplete(cast), as_(cast.applicant)
    where = f"/consult/joint/{application.case_id}/supply-material/"
    page = client.post(where, {**QUESTION, "imaging": upload(cast, "CUT_0007.dcm", broken(cast))}).content.decode()
    assert ASKS_AGAIN in page
    assert "出现在下方后即可提交" in page
    assert "data-arrived" in page, "the tab need not keep what was typed any longer"
    outbox.run_pending(cast.at)
    for page in (read(client, where), read(client, where, part="have")):
        assert "CUT_0007.dcm" in page
        assert "没有可以添加的影像" in page
        assert ASKS_AGAIN not in page
        assert "出现在下方后即可提交" not in page
    assert "</html>" not in page, "the page asks for this part alone"


def test_nothing_is_ticked_that_was_not_uploaded_for_it_and_ticks_are_kept(cast, as_):
    kept, other = make.make_document(cast), make.make_document(cast)
    application, client = incomplete(cast), as_(cast.applicant)
    where = f"/consult/joint/{application.case_id}/supply-material/"
    assert ticks(read(client, where)) == {str(kept): False, str(other): False}
    form = {
        **QUESTION, "have_document": str(kept), "shown": [str(kept), str(other)],
        "document": str(make.store_pdf(cast.actor(cast.applicant), cast.at)),
        "imaging": upload(cast, "ct.zip", mixed(cast)),
    }  # fmt: skip
    found = ticks(client.post(where, form).content.decode())
    [fresh] = set(found) - {str(kept), str(other)}
    assert found == {str(kept): True, str(other): False, fresh: True}
    outbox.run_pending(cast.at)
    now_shown = {"part": "have", "have_document": [str(kept), fresh], "shown": [*found]}
    study = ImagingStudy.objects.get()
    assert ticks(read(client, where, **now_shown)) == {**found, str(study.id): True}
    sent = {
        **QUESTION, "have_document": str(kept), "have_study": str(study.id), "shown": [*found, str(study.id)]
    }  # fmt: skip
    before = set(application.materials.values_list("document_id", flat=True))
    assert client.post(where, sent)["Location"] == f"/consult/joint/{application.case_id}/"
    rows = Application.objects.get(id=application.id).materials.all()
    assert {row.document_id or row.study_id for row in rows} - before == {kept, study.id}


def test_words_that_are_missing_cost_no_upload_and_no_tick(cast, as_):
    kept = make.make_document(cast)
    application, client = incomplete(cast), as_(cast.applicant)
    where = f"/consult/joint/{application.case_id}/supply-material/"
    paper = str(make.store_pdf(cast.actor(cast.applicant), cast.at))
    answer = client.post(where, {"question": "", "have_document": str(kept), "shown": str(kept), "document": paper})
    assert answer.status_code == 422
    assert list(ticks(answer.content.decode()).values()) == [True, True]


@pytest.mark.parametrize(
    ("taken", "have", "says"),
    [
        (["2026-08-23"], True, ""),
        (["2026-08-22"], False, "2026年8月22日"),
        (["2004-01-19", "2003-05-01"], False, "2004年1月19日"),
        (["2004-01-19", "2026-11-01"], True, ""),
        ([None], False, "没有检查日期"),
        ([], False, ""),
    ],
)
def test_only_an_image_of_the_last_three_months_counts_as_one(taken, have, says):
    studies = [ImagingStudy(taken_on=date.fromisoformat(day) if day else None) for day in taken]
    imaging, text = list_usual(studies, {"record"}, today=date(2026, 11, 23))
    assert imaging["have"] == have
    assert says in imaging["why"]
    assert bool(says) == bool(imaging["why"])
    assert text["have"]


def test_months_end_on_their_last_day():
    assert months_before(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 3) == date(2025, 10, 15)


def test_an_old_image_is_not_shown_as_present(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    client.post(f"{at}materials/", {"imaging": upload(cast, "ct.zip", make_zip(make_ct(cast.patient)))})
    outbox.run_pending(cast.at)
    page = read(client, f"{at}materials/")
    assert "wanted-have" not in page
    assert "已选影像中最近的一次是 2026年2月3日" in page


def test_one_image_is_one_image(settings):
    settings.LANGUAGE_CODE = "en"
    one, two = (ImagingStudy(description="CT") for _ in range(2))
    one.images, two.images = 1, 2
    assert (study_label(one), study_label(two)) == ("CT · 1 image", "CT · 2 images")


def test_another_name_in_the_images_is_said_where_they_are_chosen_and_to_who_reads_them(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    somebody_else = make_patient(cast.county, name="张三")
    mistaken = make_zip(make_ct(somebody_else))
    client.post(f"{at}materials/", {"imaging": upload(cast, "ct.zip", mistaken)})
    outbox.run_pending(cast.at)
    assert "影像里写的是另一个姓名" in read(client, f"{at}check/")
    study = ImagingStudy.objects.get(warnings__contains=["name_differs"])
    application = make.reviewing(cast)
    Material.objects.create(application=application, study_id=study.id, added_by_id=cast.applicant.id, added_at=cast.at)
    for account in (cast.experts[0], cast.coordinator):
        assert "影像里写的是另一个姓名" in read(
            as_(account), f"/consult/joint/{application.case_id}/", part="materials"
        )
