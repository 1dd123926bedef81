"""Files that a person carries: each result in one file, the same bytes every time, nothing that Excel would compute."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import access, actions, filling, formats, queries, rules, sending, sheet, workbooks
from huizhen.lab.reporting.actions import by_hand
from huizhen.lab.reporting.fakes import Platform
from huizhen.lab.reporting.models import Batch, Delivery, HandIn, Upstream
from huizhen.lab.reporting.tests.test_reporting import ours, release, reported
from huizhen.lab.results import actions as results
from huizhen.lab.tests.builders import AT, entry, make_lab, reading

pytestmark = pytest.mark.django_db
FORMULAS = ["=1+1", "+86 1", "-5", "@SUM(A1)", '=HYPERLINK("http://x")', "王<&>\"'", "", "11010119800506002X", "0012"]


def by_hand_platform(lab, **given):
    return Upstream.objects.create(
        organisation=lab.laboratory, name="市平台", format="excel", way="hand", url="", **given
    )


def refused(act, *args, **given):
    with pytest.raises(Refused) as caught:
        act(*args, **given)
    return caught.value.errors


def rows_of(content, sheet_name=None):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = book.get_sheet_by_name(sheet_name) if sheet_name else book.get_sheet_by_index(0)
    return found.to_python(skip_empty_area=False)


@pytest.fixture
def lab():
    with time_machine.travel(AT, tick=False):
        yield make_lab()


def test_from_waiting_to_accepted_every_result_goes_once_and_both_ledgers_agree(lab):
    upstream, platform, by = by_hand_platform(lab, most_at_once=10), Platform(), {"actor": lab.bench, "at": AT}
    release(lab)
    assert sending.catch_up(upstream, platform) == 0, "nothing goes by itself"
    first = actions.prepare(upstream, after=None, **by)
    assert refused(actions.prepare, upstream, after=None, **by) == {"batch": "batch_changed"}
    second = actions.prepare(upstream, after=first.id, **by)
    assert refused(actions.prepare, upstream, after=second.id, **by) == {"batch": "nothing_waits"}
    assert (first.size, second.size, ours("waiting")) == (10, 5, set())
    assert refused(actions.hand_in, first, receipt="R", handed_at=AT, **by) == {"batch": "batch_moved"}
    content = actions.download(first, **by)
    assert actions.download(first, actor=lab.second, at=AT + timedelta(hours=1)) == content
    assert AuditEntry.objects.filter(action="lab.reporting.batch_downloaded").count() == 2
    assert AuditEntry.objects.filter(action="lab.reporting.exported").count() == 20
    assert refused(actions.hand_in, first, receipt="R", handed_at=AT + timedelta(days=1), **by)["handed_at"]
    actions.hand_in(first, receipt=" LS-1 ", handed_at=AT, **by)
    platform.send(first.id, content, formats.EXCEL)
    actions.take_answer(first, {}, **by)
    assert ours() == set(platform.accepted)
    assert set(Delivery.objects.filter(batch=first).values_list("receipt", flat=True)) == {"LS-1"}
    assert bytes(HandIn.objects.get(batch=first).content) == b"", "what was in it stands in the ledger"
    assert refused(actions.download, first, **by) == {"batch": "batch_over"}
    assert refused(actions.give_back, second, "", **by) == {"reason": "missing"}
    actions.give_back(second, "wrong month", **by)
    assert len(ours("waiting")) == 5
    third = actions.prepare(upstream, after=second.id, **by)
    actions.download(third, **by)
    actions.hand_in(third, receipt="", handed_at=AT, **by)
    actions.mark_unknown(third, **by)
    assert not queries.list_to_ask(upstream.id, AT + timedelta(days=1)), "a person asks"
    actions.take_answer(third, {}, **by)
    assert len(ours()) == 15


def test_refused_rows_are_set_aside_with_a_case_and_sent_again_while_the_others_go_their_way(lab):
    upstream, by = by_hand_platform(lab), {"actor": lab.bench, "at": AT}
    release(lab, tubes=1, persons=5)
    batch = actions.prepare(upstream, after=None, **by)
    rows = rows_of(actions.download(batch, **by))
    actions.hand_in(batch, receipt="LS-2", handed_at=AT, **by)
    said = rules.read_refused("第 3 行：身份证号有误\n6 姓名不符\n", 2, batch.size)
    assert refused(actions.take_answer, batch, {9: "x"}, **by) == {"refused": "refused_outside"}
    actions.take_answer(batch, said, **by)
    wrong = {UUID(rows[2][0]): "身份证号有误", UUID(rows[5][0]): "姓名不符"}
    assert {row.id: row.reason for row in Delivery.objects.filter(state="refused")} == wrong
    assert (Trouble.objects.filter(kind="report_refused").count(), len(ours())) == (2, 3)
    for key in wrong:
        actions.send_again(access.access_delivery(lab.bench, key), **by)
    again = actions.prepare(upstream, after=batch.id, **by)
    assert again.size == 2, "they wait together, and poison nothing"
    actions.download(again, **by)
    actions.hand_in(again, receipt="LS-3", handed_at=AT, **by)
    actions.take_answer(again, {}, **by)
    actions.close_accepted(at=AT)
    assert set(Trouble.objects.values_list("case__state", flat=True)) == {"solved"}


def test_a_file_that_is_not_handed_in_becomes_somebodys_case_and_closes_by_itself(lab):
    upstream, by = by_hand_platform(lab, hand_in_hours=4), {"actor": lab.bench, "at": AT}
    release(lab, tubes=1, persons=1)
    batch = actions.prepare(upstream, after=None, **by)
    release(lab, tubes=1, persons=1)
    late = AT + timedelta(hours=5)
    assert [actions.report_not_handed_in(at=at) for at in (AT, late, late)] == [0, 1, 0]
    trouble = Trouble.objects.get(kind="not_handed_in")
    assert (trouble.count, trouble.case.team_organisation_id) == (1, lab.laboratory.id)
    assert actions.report_late([upstream], at=late) == 1, "nobody makes a batch of what waits"
    actions.download(batch, **by)
    actions.hand_in(batch, receipt="", handed_at=AT, **by)
    trouble.refresh_from_db()
    assert trouble.case.state == "solved"
    other = actions.prepare(upstream, after=batch.id, **by)
    actions.report_late([upstream], at=late)
    assert Trouble.objects.get(kind="not_reported").case.state == "solved"
    assert actions.report_late([upstream], at=AT + timedelta(days=4)) == 1, "handed in, and nobody has answered"
    actions.report_not_handed_in(at=late)
    actions.give_back(other, "made twice", **by)
    assert not Trouble.objects.filter(kind="not_handed_in", closed_at=None).exists()


def test_whoever_dies_while_a_batch_is_made_leaves_nothing_and_too_many_open_ones_stop_it(lab, monkeypatch):
    upstream, by = by_hand_platform(lab, most_at_once=1), {"actor": lab.bench, "at": AT}
    release(lab, tubes=1, persons=5)
    with monkeypatch.context() as dying:
        dying.setattr(by_hand.workbooks, "write_ours", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            actions.prepare(upstream, after=None, **by)
    assert (Batch.objects.count(), len(ours("waiting"))) == (0, 5)
    after = None
    for _ in range(rules.MOST_OPEN):
        after = actions.prepare(upstream, after=after, **by).id
    assert refused(actions.prepare, upstream, after=after, **by) == {"batch": "too_many_open"}


def test_who_may_carry(lab):
    upstream, other = by_hand_platform(lab), make_lab()
    release(lab, tubes=1, persons=1)
    batch = actions.prepare(upstream, after=None, actor=lab.bench, at=AT)
    assert access.access_batch(lab.bench, batch.id).hand_in.first_row == 2
    for actor, thrown in ((other.bench, NotVisible), (lab.collector, NotAllowed)):
        with pytest.raises(thrown):
            access.access_batch(actor, batch.id)
        with pytest.raises(thrown):
            access.access_by_hand(actor, upstream.id)
    Upstream.objects.update(way="http", url="http://127.0.0.1:9")
    with pytest.raises(NotVisible):
        access.access_by_hand(lab.bench, upstream.id)


@pytest.mark.parametrize(
    ("text", "says"),
    [("17", "refused_line"), ("x y", "refused_line"), ("1 head", "refused_outside"), ("12 x", "refused_outside"),
     ("3 x\n3 y", "refused_twice")],
)  # fmt: skip
def test_a_row_that_cannot_be_meant_is_not_taken(text, says):
    assert refused(rules.read_refused, text, 2, 10) == {"refused": says}
    assert rules.read_refused("2 a\n\n11、b b", 2, 10) == {0: "a", 9: "b b"}


def test_every_cell_of_ours_is_a_text_whatever_it_begins_with():
    rows = sheet.write_rows([reported(name=name, identity_number="11010119800506002X") for name in FORMULAS])
    made = workbooks.write_ours(sheet.write_headings(), rows, about="x", at=AT)
    headings, *seen = rows_of(made)
    assert (seen, headings[:4]) == (rows, ["上报编号", "姓名", "证件类型", "证件号码"])
    assert seen[0][2:5] == ["居民身份证", "11010119800506002X", "女"]
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        page, styles = (package.read(name).decode() for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml"))
    assert "<f>" not in page
    assert 'quotePrefix="1"' in styles
    assert formats_ids(made) == [UUID(row[0]) for row in rows]


def formats_ids(made):
    return [UUID(row[0]) for row in rows_of(made)[1:]]


TEMPLATE = ["序号", "受检者姓名*", "证件号码（必填）", "样本编号", "检测结果", "检测机构名称", "备注"]


def template(headings=TEMPLATE, *, below=True):
    """As platforms give them out: a hidden sheet with marks, a title, an example below the headings, merged cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("说明").write(0, 0, "请勿修改表头：姓名、结果")
        page, hidden = book.add_worksheet("数据"), book.add_worksheet("_v")
        hidden.write(0, 0, "v3.2")
        hidden.very_hidden()
        page.merge_range(0, 0, 0, 6, "结果上报表")
        page.write_row(2, 0, headings)
        page.data_validation(3, 4, 999, 4, {"validate": "list", "source": ["阴性", "阳性"]})
        if below:
            page.write_row(3, 0, [1, "示例", "110", "S1", "阴性"], book.add_format({"num_format": "@", "border": 1}))
            page.write_formula(4, 0, "=A4+1")
            page.merge_range(5, 0, 6, 2, "以上为示例")
    return out.getvalue()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=7, max_size=7), max_size=6))
def test_a_platforms_own_workbook_is_filled_with_texts_and_nothing_else_changes(rows):
    rows = [[" ".join(cell.split()) for cell in row] for row in rows]
    rows.append([*FORMULAS[:6], "end"])
    for kind in (template(), template(below=False)):
        made = filling.fill(kind, workbooks.Found("数据", 3, TEMPLATE), rows)
        seen = rows_of(made, "数据")
        assert [[str(cell) for cell in row[:7]] for row in seen[3:]] == [list(map(filling.clean, row)) for row in rows]
        assert (seen[0][0], seen[2]) == ("结果上报表", TEMPLATE)
        with zipfile.ZipFile(io.BytesIO(made)) as new, zipfile.ZipFile(io.BytesIO(kind)) as old:
            assert new.testzip() is None
            page = new.read("xl/worksheets/sheet2.xml")
            for name in ("xl/workbook.xml", "xl/worksheets/sheet3.xml", "xl/worksheets/sheet1.xml"):
                assert new.read(name) == old.read(name)
        assert (b"<f>" in page, b"dataValidation" in page, page.count(b"<mergeCell ")) == (False, True, 1)
        assert filling.fill(kind, workbooks.Found("数据", 3, TEMPLATE), rows) == made


def test_an_institution_uses_its_own_template_after_somebody_has_named_its_columns(lab):
    upstream, by = by_hand_platform(lab), {"actor": lab.bench, "at": AT}
    release(lab, tubes=1, persons=2)
    kept = actions.take_template(upstream, template(), "上报模板.xlsx", **by)
    assert (kept.sheet, kept.header_row) == ("数据", 3)
    guessed = ["", "name", "identity_number", "barcode", "value", "laboratory", ""]
    assert kept.columns == guessed
    assert queries.get_template(upstream.id) is None, "nobody has confirmed it"
    assert refused(actions.confirm_template, kept, ["", "name", *[""] * 5], **by) == {"columns": "columns_too_few"}
    assert refused(actions.confirm_template, kept, ["nobody", *guessed[1:]], **by) == {"columns": "unknown_choice"}
    actions.confirm_template(kept, [*guessed[:-1], "=县医院"], **by)
    assert refused(actions.confirm_template, kept, guessed, **by) == {"batch": "batch_changed"}
    batch = actions.prepare(upstream, after=None, **by)
    assert batch.hand_in.first_row == 4
    seen = rows_of(actions.download(batch, **by), "数据")[3:]
    assert [(row[1], row[4], row[6]) for row in seen] == [("李梅", "阴性", "县医院")] * 2
    actions.use_ours(upstream, **by)
    actions.give_back(batch, "other template", **by)
    assert actions.prepare(upstream, after=batch.id, **by).hand_in.first_row == 2


def test_a_platforms_own_words_stand_in_its_columns_and_the_phone_only_where_it_is_asked_for(lab):
    upstream, by = by_hand_platform(lab), {"actor": lab.bench, "at": AT}
    tube = lab.collect(entries=[replace(entry(), phone="13800000000")])
    results.take([reading(tube, "Negative")], message_id=uuid4(), instrument_id=None, at=AT)
    actions.enlist(at=AT)
    headings = ["姓名", "证件类型", "证件号码", "联系电话", "性别（1男2女）", "检测结果"]
    kept = actions.take_template(upstream, template(headings), "模板.xlsx", **by)
    assert kept.columns == ["name", "identity_kind", "identity_number", "phone", "sex", "value"]
    words = {"value": {"1": "01", "2": "02"}, "sex": {"female": "2"}, "identity_kind": {"resident": "居民身份证(01)"}}
    for wrong in ({"item": {"x": "y"}}, {"sex": {"unheard": "1"}}, {"sex": {"male": ""}}, {"value": {"1": "x" * 61}}):
        assert refused(actions.confirm_template, kept, kept.columns, wrong, **by) == {"words": "unknown_choice"}
    actions.confirm_template(kept, kept.columns, words, **by)
    batch = actions.prepare(upstream, after=None, **by)
    [row] = rows_of(actions.download(batch, **by), "数据")[3:]
    assert (row[1], row[3:6]) == ("居民身份证(01)", ["13800000000", "2", "01"])
    assert "联系电话" not in sheet.write_headings()
    assert "phone" not in sheet.OURS


@pytest.mark.parametrize(
    ("text", "says"),
    [("阴性 1", "word_line"), (f"阴性 = {'x' * 61}", "word_line"), ("没有 = 1", "word_unknown"),
     ("阴性 = 1\n阴性＝2", "word_twice")],
)  # fmt: skip
def test_a_word_that_cannot_be_meant_is_not_taken(text, says):
    assert refused(sheet.read_words, "value", text) == {"value": says}
    for field, coded in sheet.CODED.items():
        theirs = {code: f"={place}" for place, code in enumerate(coded.words)}
        assert sheet.read_words(field, sheet.say_words(field, {field: theirs})) == theirs
        assert sheet.read_words(field, sheet.say_words(field, {})) == {}
    assert sheet.read_words("value", "\n阳性=\n 阴性 ＝ 1 \n") == {"1": "1"}


def test_what_is_no_template_is_not_taken():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b" " * (41 << 20))
    for data in (b"PK\x03\x04", b"a,b", out.getvalue(), template(["甲", "乙"]), uuid4().bytes * (1 << 18)):
        assert refused(workbooks.look_into, data)["file"]


def rewritten(part, old, new):
    """The template with something else in one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template())) as given_, zipfile.ZipFile(out, "w") as package:
        for name in given_.namelist():
            content = given_.read(name)
            assert name != part or old in content
            package.writestr(name, content.replace(old, new, 1) if name == part else content)
    return out.getvalue()


PAGE, STYLES = "xl/worksheets/sheet2.xml", "xl/styles.xml"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (STYLES, b"<styleSheet ", b"<styles "),
        (STYLES, b"<cellXfs ", b"<formats "),
        (STYLES, b"<styleSheet ", b"\xff\xfe"),
        (PAGE, b"<worksheet ", b"<sheet "),
        (PAGE, b"<sheetData>", b"<rows>"),
        (PAGE, b'<row r="4"', b'<row r="four"'),
        (PAGE, b'<mergeCell ref="A6:C7"/>', b'<mergeCell ref="A:C"/>'),
        ("xl/workbook.xml", b'name="\xe6\x95\xb0\xe6\x8d\xae"', b'name="x"'),
        ("xl/_rels/workbook.xml.rels", b"worksheets/sheet2.xml", b"worksheets/sheet9.xml"),
    ],
)
def test_a_malformed_workbook_is_refused_in_words_of_its_own(part, old, new):
    found = workbooks.Found("数据", 3, TEMPLATE)
    assert refused(filling.fill, rewritten(part, old, new), found, [FORMULAS]) == {"file": "malformed_template"}


def test_a_workbook_that_was_damaged_on_its_way_is_refused_too():
    """One byte of a part that is only copied has changed: its checksum does not fit any more."""
    content = template()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        place = package.getinfo("docProps/app.xml").header_offset + 60
    damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    found = workbooks.Found("数据", 3, TEMPLATE)
    assert refused(filling.fill, damaged, found, [FORMULAS]) == {"file": "malformed_template"}
