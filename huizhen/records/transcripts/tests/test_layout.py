"""From boxes to a table, whatever the printer's columns and the phone's angle; and what numbers say."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.records.transcripts import layout, rules
from huizhen.records.transcripts.fakes import SheetReader
from huizhen.records.transcripts.lines import Line
from huizhen.records.transcripts.samples import SHEETS, expected

PERFECT = [SheetReader(sheet).lines() for sheet in SHEETS]


def found_in(lines) -> list[tuple[str, ...]]:
    items, _ = layout.read_page(lines)
    return [(item.name, item.value, item.unit, item.range, item.flag) for item in items]


@pytest.mark.parametrize("place", range(len(SHEETS)))
def test_every_printed_sheet_is_read_whole(place):
    assert found_in(PERFECT[place]) == expected(SHEETS[place])


@settings(max_examples=40)
@given(
    place=st.integers(0, len(SHEETS) - 1),
    degrees=st.floats(-6, 6),
    scale=st.floats(0.4, 3),
    away=st.tuples(st.floats(-300, 300), st.floats(-300, 300)),
    order=st.randoms(use_true_random=False),
)
def test_neither_angle_nor_size_nor_order_of_the_boxes_matters(place, degrees, scale, away, order):
    cos, sin = math.cos(math.radians(degrees)) * scale, math.sin(math.radians(degrees)) * scale
    turned = [
        Line(one.text, one.sure, [[x * cos - y * sin + away[0], x * sin + y * cos + away[1]] for x, y in one.corners])
        for one in PERFECT[place]
    ]
    order.shuffle(turned)
    assert found_in(turned) == expected(SHEETS[place])


def line(text: str, left: float, top: float, width: float = 0, height: float = 30, sure: float = 1.0) -> Line:
    right, bottom = left + (width or 22 * len(text)), top + height
    return Line(text, sure, [[left, top], [right, top], [right, bottom], [left, bottom]])


HEAD = [line("项目", 0, 0), line("结果", 300, 0), line("单位", 500, 0), line("参考值", 700, 0)]


def test_what_was_read_as_one_piece_is_taken_apart():
    lines = [*HEAD, line("钾 3.1↓", 0, 50), line("mmol/L", 500, 50), line("3.5--5.3", 700, 50),
             line("白细胞", 0, 100), line("11.8 H", 300, 100), line("10*9/L", 500, 100), line("(3.5～9.5)", 700, 100),
             line("血糖", 0, 150), line("5.1", 300, 150), line("3.9-6.1 mmol/L", 700, 150),
             line("白蛋白", 0, 200), line("38.9", 300, 200), line("↓g/L", 470, 200), line("40-55", 700, 200)]  # fmt: skip
    assert found_in(lines) == [
        ("钾", "3.1", "mmol/L", "3.5-5.3", "low"),
        ("白细胞", "11.8", "10^9/L", "3.5-9.5", "high"),
        ("血糖", "5.1", "mmol/L", "3.9-6.1", ""),
        ("白蛋白", "38.9", "g/L", "40-55", "low"),
    ]


def test_headings_read_as_one_piece_still_say_where_the_columns_are():
    lines = [line("项目", 0, 0), line("结果 单位 参考值", 300, 0, width=520), line("钠", 0, 50), line("140", 300, 50),
             line("mmol/L", 470, 50), line("137-147", 700, 50)]  # fmt: skip
    assert found_in(lines) == [("钠", "140", "mmol/L", "137-147", "")]


def test_long_names_ranges_over_two_lines_captions_and_the_foot():
    lines = [*HEAD, line("血脂", 0, 50), line("抗环瓜氨酸肽抗体(化学", 0, 100, width=250), line("8.0", 300, 100),
             line("<17", 700, 100), line("发光法)", 0, 150), line("雌二醇", 0, 200), line("90", 300, 200),
             line("卵泡期 20-140", 700, 200, width=280), line("黄体期 50-250", 700, 240, width=280),
             line("检验者:林晓", 0, 300), line("结果 12", 300, 350)]  # fmt: skip
    items, _ = layout.read_page(lines)
    assert [(item.name, item.value, item.range) for item in items] == [
        ("抗环瓜氨酸肽抗体(化学 发光法)", "8.0", "<17"),
        ("雌二醇", "90", "卵泡期 20-140 黄体期 50-250"),
    ]
    assert "range_unread" in items[1].doubts


def test_a_page_without_a_table_gives_nothing():
    assert found_in([line("出院小结", 0, 0), line("患者咳嗽三天,结果良好,项目完成", 0, 50)]) == []
    assert found_in([]) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.text(max_size=12), *[st.floats(-1e4, 1e4)] * 8), max_size=12))
def test_nothing_that_a_machine_could_say_breaks_it(pieces):
    lines = [Line(text, 0.5, [n[0:2], n[2:4], n[4:6], n[6:8]]) for text, *n in pieces]
    layout.read_page([*HEAD, *lines])


@pytest.mark.parametrize(
    ("value", "reference", "flag"),
    [
        ("11.8", "3.5-9.5", "high"), ("3.49", "3.5-9.5", "low"), ("3.5", "3.5-9.5", ""), ("5.0", "<5.0", ""),
        ("5.1", "<5.0", "high"), ("<0.5", "0-10", ""), ("<0.5", "1-10", "low"), (">200", "40-200", "high"),
        ("59", ">60", "low"), ("阴性", "阴性", None), ("12", "卵泡期 20-140", None), ("-2.1", "-3-3", ""),
    ],
)  # fmt: skip
def test_what_a_number_says_against_its_range(value, reference, flag):
    assert rules.judge(value, reference) == flag


@pytest.mark.parametrize(
    ("read", "written"),
    [("10°9/L", "10^9/L"), ("×10¹²/L", "10^12/L"), ("umo1/L", "μmol/L"), ("µmol/L", "μmol/L"), ("mmol/l", "mmol/L"),
     ("mIU/L", "mIU/L"), ("U/L", "U/L"), ("％", "%"), ("fl", "fL"), ("拷贝/mL", "拷贝/mL")],
)  # fmt: skip
def test_units_are_written_in_one_way(read, written):
    assert rules.plain_unit(read) == written


@given(st.text(max_size=30))
def test_plain_forms_are_stable(text):
    for form in (rules.plain, rules.plain_value, rules.plain_unit, rules.plain_range):
        assert form(form(text)) == form(text)


def test_a_mark_that_contradicts_its_number_is_doubted():
    item = rules.complete(rules.Item("钾", "4.1", "mmol/L", "3.5-5.3", "high", sure=0.99))
    assert (item.flag, item.doubts) == ("high", ("flag_differs",))
