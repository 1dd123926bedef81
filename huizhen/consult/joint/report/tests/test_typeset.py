import io
import re
from dataclasses import replace
from datetime import date

import cv2
import pypdfium2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from huizhen.consult.joint.report.content import Correction, Patient, Picture, Stance
from huizhen.consult.joint.report.rules import draft_report
from huizhen.consult.joint.report.sheet import format_age
from huizhen.consult.joint.report.tests.samples import AGREED, AT, CHAIR, make_content, make_opinions, make_picture
from huizhen.consult.joint.report.typeset import BadPicture, typeset
from huizhen.kernel.paper.glyphs import make_printable

HOSTILE = [
    '#import "secret.typ": *',
    '#read("/etc/passwd")',
    "$x^2$ @ref <label> \\u{1F600} \\ * _ ` ~ ''' \"",
    "]#panic()[",
    "#{ while true {} }",
    "A" * 3000,
    "https://example.com/" + "a/b?c=d&" * 200,
    "مرحبا שלום ئۇيغۇرچە བོད་ཡིག ᠮᠣᠩᠭᠣᠯ",
    "😀👩🏽‍⚕️🧿 \u202eرمز\u202c \x00\x1b[31m \ud800 \ue000 \U000e0041",
    "𠮷䶮龘㼆 é ñ ≥ ± ① ㎡ μ",
]


def make_pdf(content=None, language="zh-hans"):
    return typeset(content or make_content(), language=language, at=AT).pdf


def read_text(pdf: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"[\s\u200b]+", "", text)


def test_what_was_written_can_be_read_from_the_paper():
    text = read_text(make_pdf())
    for words in ("王秀英", "青溪县人民医院", "H2026-0471-K", "首先考虑早期肺腺癌", "肺功能报告.pdf", "陈思远、林若兰"):
        assert words in text
    assert "3301**********002X" in text


def test_the_code_on_the_paper_leads_to_its_proof():
    with pypdfium2.PdfDocument(make_pdf()) as paper:
        pages = [page.render(scale=3).to_numpy() for page in paper]
    read = [cv2.QRCodeDetector().detectAndDecode(page)[0] for page in pages]
    assert [text for text in read if text] == [make_content().verify_url]


def test_both_languages():
    chinese, english = read_text(make_pdf()), read_text(make_pdf(language="en"))
    assert "网络会诊报告" in chinese
    assert "第1页，共2页" in chinese
    assert "Jointconsultationreport" in english
    assert "Page1of2" in english


def test_the_same_case_gives_the_same_bytes():
    assert make_pdf() == make_pdf()
    assert PdfReader(io.BytesIO(make_pdf())).metadata.creation_date.timestamp() == AT.timestamp()


def test_every_font_is_embedded_as_a_subset_and_the_file_is_small():
    pdf = make_pdf()
    assert len(pdf) < 400_000
    fonts = [
        descendant.get_object()
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].get_object().values()
        for descendant in font.get_object()["/DescendantFonts"]
    ]
    assert fonts
    for font in fonts:
        assert re.match(r"/[A-Z]{6}\+NotoSans", font["/BaseFont"])
        descriptor = font["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_it_is_made_for_the_archive():
    xmp = PdfReader(io.BytesIO(make_pdf())).trailer["/Root"]["/Metadata"].get_data()
    assert b"<pdfaid:part>3" in xmp


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("stance", [Stance.PARTLY, Stance.DISSENT])
@pytest.mark.parametrize("by_chair", [False, True])
def test_a_dissent_always_shows(stance, by_chair, language):
    first, second, _third = make_opinions()
    changed = {"chair_stance": stance, "chair_reason": "理由甲"} if by_chair else {}
    own = {} if by_chair else {"stance": stance, "stance_reason": "理由甲"}
    opinions = (first, replace(second, assessment="不像恶性，更像炎症。", **changed, **own))
    text = read_text(make_pdf(make_content(opinions), language))
    heading = {"zh-hans": "不同意见(1)", "en": "Opinionsthatdiffer(1)"}[language]
    assert heading in text
    assert text.count("不像恶性，更像炎症。") == 2 + (stance is Stance.PARTLY)
    assert "理由甲" in text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=300))
def test_no_text_is_ever_taken_for_an_instruction(text):
    check_hostile(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_known_hostile_text_is_shown_as_text(text):
    check_hostile(text)


def check_hostile(text: str):
    opinions = tuple(replace(one, findings=text, assessment=text + "甲", advice=text) for one in make_opinions())
    content = make_content(
        opinions,
        draft=draft_report(opinions, chair=CHAIR.key),
        patient=Patient(text or "名"),
        centre=text,
        question=text,
        purpose=text,
        case_number="H1" + text[:20],
        pictures=(Picture(make_picture(1, 32).data, text),),
    )
    pdf = make_pdf(content)
    assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Metadata"].get_data().count(b"<pdfaid:part>3") == 1


def test_markup_arrives_letter_by_letter():
    content = make_content(question='#read("/etc/passwd") $a$ *b* @c \\d')
    assert '#read("/etc/passwd")$a$*b*@c\\d' in read_text(make_pdf(content))


@example("\u202e2 mg\u202c")
@given(st.text())
def test_nothing_unseen_is_printed(text):
    shown = make_printable(text)
    assert not set(shown) & {"\u202e", "\u202d", "\u2066", "\x00", "\x1b"}
    assert all(len(word) <= 80 for word in re.findall(r"[!-~]+", shown))


def test_a_character_without_a_shape_leaves_its_code():
    assert make_printable("甲\ue000乙") == "甲[U+E000]乙"
    assert make_printable("䶮𠮷") == "䶮𠮷"


def test_a_correction_names_what_it_replaces():
    correction = Correction(1, AT, "cd" * 32, "左右侧笔误")
    text = read_text(make_pdf(make_content(version=2, correction=correction)))
    assert "更正报告：第2版，替代2026-11-2114:05签署的第1版" in text
    assert "左右侧笔误" in text
    assert "cd" * 32 in text


def test_a_demonstration_says_so_on_every_page():
    pages = PdfReader(io.BytesIO(make_pdf())).pages
    assert all("演示报告" in page.extract_text() for page in pages)
    assert "演示" not in read_text(make_pdf(make_content(demonstration=False)))


def test_many_pages_and_pictures():
    opinions = tuple(replace(one, findings="结节边缘分叶，" * 200 + "完。") for one in make_opinions())
    content = make_content(opinions, pictures=tuple(make_picture(number, 64) for number in range(6)))
    sheet = typeset(content, language="zh-hans", at=AT)
    assert sheet.pages == len(PdfReader(io.BytesIO(sheet.pdf)).pages) >= 3
    assert sheet.place.page == sheet.pages
    assert 0 < sheet.place.left < sheet.place.right < 596
    assert 0 < sheet.place.bottom < sheet.place.top < 842


def test_a_broken_picture_is_named_by_its_number():
    content = make_content(pictures=(make_picture(1, 32), Picture(b"\x89PNG broken", "x")))
    with pytest.raises(BadPicture, match="2"):
        make_pdf(content)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(2026, 11, 20), "1 天"),
        (date(2026, 9, 30), "1 个月"),
        (date(2023, 11, 22), "35 个月"),
        (date(2023, 11, 21), "3 岁"),
    ],
)
def test_ages_as_a_paediatrician_writes_them(born, age):
    assert format_age(born, date(2026, 11, 21), "zh-hans") == age


@pytest.mark.parametrize(
    ("language", "own", "comma"),
    [("zh-hans", "主会诊专家撰写或修改", "、"), ("en", "writtenoreditedbythechair", ",")],
)
def test_each_sentence_stands_with_its_authors_and_the_chairs_beside_them(language, own, comma):
    content = make_content()
    mixed = replace(content.draft.conclusion[0], text=f"{AGREED}请结合临床。")
    text = read_text(make_pdf(replace(content, draft=replace(content.draft, conclusion=(mixed,))), language))
    agreed = re.sub(r"\s", "", AGREED)
    assert f"{agreed}—陈思远{comma}林若兰请结合临床。{own}" in text
