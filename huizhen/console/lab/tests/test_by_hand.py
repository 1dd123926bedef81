"""The pages of a platform that takes files by hand: each step by its button, each mistake said and nothing lost."""

import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from huizhen.console.lab.tests.test_pages import enter, lab, take
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting.models import Batch, Delivery, Upstream
from huizhen.lab.reporting.tests.test_by_hand import TEMPLATE, template
from huizhen.lab.tests.builders import AT, make_lab, reading

__all__ = ["lab"]
pytestmark = pytest.mark.django_db


def set_up(lab, persons=5):
    upstream = Upstream.objects.create(organisation=lab.laboratory, name="市平台", format="excel", way="hand")
    take(lab, reading(lab.collect(5, persons=persons), "Negative"))
    reporting.enlist(at=AT)
    return upstream, f"/lab/reporting/{upstream.id}/by-hand/"


def test_a_file_is_made_downloaded_handed_in_and_answered_row_by_row(lab):
    _upstream, page = set_up(lab)
    client, second = enter(lab.bench), enter(lab.second, "zh-hans")
    assert page in client.get("/lab/reporting/").content.decode()
    assert b"Make a file of 5 results" in client.get(page).content
    batch = client.post(page, {"after": ""}).url
    told = client.post(page, {"after": ""}, follow=True).content.decode()
    assert ("Somebody was faster" in told, Batch.objects.count()) == (True, 1)
    assert b"Made, not downloaded yet" in client.get(batch).content
    files = [who.post(f"{batch}file/") for who in (client, second)]
    assert files[0].content == files[1].content
    assert files[0].headers["Content-Disposition"].endswith('.xlsx"')
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(files[0].content)).get_sheet_by_index(0).to_python()) == 6
    assert client.post(f"{batch}hand-in/", {"handed_at": "2026-03-03T09:00"}).status_code == 422
    client.post(f"{batch}hand-in/", {"handed_at": "2026-03-02T09:00", "receipt": "LS-7"})
    client.post(f"{batch}unknown/")
    assert b"Its receipt number is LS-7" in client.get(batch).content
    assert client.post(f"{batch}answer/", {"refused": "99 x"}).status_code == 422
    shown = client.post(f"{batch}answer/", {"refused": "3 身份证号有误"}).content.decode()
    assert ("4 results were accepted" in shown, "Row 3" in shown, Delivery.objects.filter(state="refused").count()) == (
        True, True, 0,
    )  # fmt: skip
    said = {"refused": "3 身份证号有误", "confirmed": "yes"}
    done = client.post(f"{batch}answer/", said, follow=True).content.decode()
    assert ("1 refused result is set aside" in done, "LS-7" in done) == (True, True)
    assert "身份证号有误" in client.get("/lab/reporting/").content.decode()
    too_late = {"reason": "x", "confirmed": "yes"}
    for act in ("file", "unknown", "give-back", "answer"):
        assert b"This batch is over" in client.post(f"{batch}{act}/", too_late, follow=True).content
    assert "已答复" in second.get(batch).content.decode()


def test_what_never_arrived_waits_again_and_nobody_else_sees_any_of_it(lab):
    _upstream, page = set_up(lab)
    client = enter(lab.bench)
    batch = client.post(page, {"after": "nonsense"}).url
    assert batch == page, "nobody has seen such a batch"
    batch = client.post(page, {"after": ""}).url
    for wrong, says in ((" ", "Please fill this in"), ("网站停机" * 40, "too long")):
        refused = client.post(f"{batch}give-back/", {"reason": wrong})
        assert (refused.status_code, says in refused.content.decode()) == (422, True)
    assert "网站停机" * 40 in refused.content.decode(), "what was typed is still there"
    client.post(f"{batch}give-back/", {"reason": "网站停机"})
    assert "网站停机" in client.get(batch).content.decode()
    assert b"Make a file of 5 results" in client.get(page).content
    stranger = enter(make_lab().bench)
    assert [stranger.get(page).status_code, stranger.get(batch).status_code] == [404, 404]
    assert [stranger.post(f"{batch}{act}/").status_code for act in ("file", "hand-in", "answer")] == [404] * 3
    assert [client.get(f"/lab/reporting/batches/{uuid4()}/").status_code, client.get(f"{batch}file/").status_code] == [
        404, 405,
    ]  # fmt: skip


def test_a_platforms_template_is_handed_in_and_its_columns_are_named(lab):
    _upstream, page = set_up(lab, persons=1)
    client, at = enter(lab.bench), f"{page}template/"

    def hand_in(content, name="模板.xlsx"):
        return client.post(at, {"act": "file", "file": SimpleUploadedFile(name, content)})

    assert [hand_in(b"a,b").status_code, client.post(at, {"act": "file"}).status_code] == [422, 422]
    assert hand_in(template()).url == at
    shown = client.get(at).content.decode()
    assert all(heading in shown for heading in TEMPLATE)
    columns = {"act": "columns", "field_1": "name", "field_4": "value", "field_6": "=", "text_6": "县医院"}
    assert client.post(at, {**columns, "field_4": ""}).status_code == 422
    wrong = client.post(at, {**columns, "words_value": "阴性 = 1\n阳 = 2"})
    assert (wrong.status_code, "阳 = 2" in wrong.content.decode()) == (422, True)
    columns |= {"words_value": "阴性 = 1\n阳性 = 2"}
    assert client.post(at, columns).url == at
    assert "模板.xlsx" in client.get(page).content.decode()
    content = client.post(f"{client.post(page, {'after': ''}).url}file/").content
    filled = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("数据")
    assert [str(cell) for cell in filled.to_python(skip_empty_area=False)[3][:7]] == [
        "",
        "李梅",
        "",
        "",
        "1",
        "",
        "县医院",
    ]
    client.post(at, {"act": "ours"})
    assert "模板.xlsx" not in client.get(page).content.decode()
