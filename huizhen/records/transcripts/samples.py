"""Laboratory reports of nobody, drawn for the demonstration, the tests and the measurements: as a printer makes them,
and as a phone sees them. The same seed gives the same picture."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from huizhen.kernel.late import Late

# Brings OpenCV along: only who lays a sheet on a table waits for that.
scenes: Any = Late("huizhen.records.documents.straightening.scenes")

FONT = files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"
SIMPLIFIED = 2  # its place in the collection
PAPER = (1240, 1754)  # A4 at 150 dpi
TOP = 285  # of the table
ASIDE = (2400, 1800)  # height and width of a photograph taken from one side
HEADS = {"name": "项目名称", "code": "英文缩写", "value": "结果", "flag": "提示", "unit": "单位", "range": "参考值",
         "number": "序号"}  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """One line as it is printed. `code` is the English abbreviation."""

    name: str
    code: str
    value: str
    unit: str
    range: str
    flag: str = ""


@dataclass(frozen=True)
class Sheet:
    """One report. `columns`: kinds and their left edges in pixels; given twice, the table is set in two halves."""

    title: str
    hospital: str
    person: str
    items: tuple[Printed, ...]
    columns: tuple[tuple[str, int], ...]
    ruled: bool = False
    size: int = 24
    arrows: bool = True
    heads: dict[str, str] = field(default_factory=dict)


BLOOD = (
    Printed("白细胞计数", "WBC", "11.83", "10^9/L", "3.5-9.5", "high"),
    Printed("红细胞计数", "RBC", "4.21", "10^12/L", "3.8-5.1"),
    Printed("血红蛋白", "HGB", "108", "g/L", "115-150", "low"),
    Printed("红细胞压积", "HCT", "36.4", "%", "35-45"),
    Printed("平均红细胞体积", "MCV", "86.5", "fL", "82-100"),
    Printed("平均血红蛋白量", "MCH", "25.7", "pg", "27-34", "low"),
    Printed("血小板计数", "PLT", "262", "10^9/L", "125-350"),
    Printed("中性粒细胞百分比", "NEUT%", "81.2", "%", "40-75", "high"),
    Printed("淋巴细胞百分比", "LYMPH%", "12.6", "%", "20-50", "low"),
    Printed("单核细胞百分比", "MONO%", "5.1", "%", "3-10"),
    Printed("嗜酸性粒细胞百分比", "EO%", "0.9", "%", "0.4-8.0"),
    Printed("C反应蛋白", "CRP", "46.20", "mg/L", "0-10", "high"),
)
LIVER = (
    Printed("丙氨酸氨基转移酶", "ALT", "63", "U/L", "7-40", "high"),
    Printed("天门冬氨酸氨基转移酶", "AST", "38", "U/L", "13-35", "high"),
    Printed("总胆红素", "TBIL", "14.2", "μmol/L", "0-23"),
    Printed("总蛋白", "TP", "71.5", "g/L", "65-85"),
    Printed("白蛋白", "ALB", "38.9", "g/L", "40-55", "low"),
    Printed("尿素", "UREA", "5.60", "mmol/L", "2.6-7.5"),
    Printed("肌酐", "CREA", "71", "μmol/L", "41-73"),
    Printed("尿酸", "UA", "402", "μmol/L", "155-357", "high"),
    Printed("葡萄糖", "GLU", "7.42", "mmol/L", "3.9-6.1", "high"),
    Printed("总胆固醇", "TC", "5.88", "mmol/L", "<5.18", "high"),
    Printed("甘油三酯", "TG", "1.32", "mmol/L", "<1.70"),
    Printed("钾", "K", "4.12", "mmol/L", "3.5-5.3"),
    Printed("钠", "NA", "139.6", "mmol/L", "137-147"),
    Printed("肌酸激酶", "CK", "96", "U/L", "40-200"),
)
MARKERS = (
    Printed("癌胚抗原", "CEA", "6.83", "ng/mL", "<5.0", "high"),
    Printed("糖类抗原125", "CA125", "18.40", "U/mL", "<35.0"),
    Printed("细胞角蛋白19片段", "CYFRA21-1", "4.12", "ng/mL", "<3.3", "high"),
    Printed("神经元特异性烯醇化酶", "NSE", "11.70", "ng/mL", "<16.3"),
    Printed("鳞状细胞癌抗原", "SCC", "0.80", "ng/mL", "<1.5"),
    Printed("胃泌素释放肽前体", "ProGRP", "39.5", "pg/mL", "<65.7"),
)
URINE = (
    Printed("尿蛋白", "PRO", "阴性", "", "阴性"),
    Printed("尿糖", "GLU", "阴性", "", "阴性"),
    Printed("尿比重", "SG", "1.018", "", "1.003-1.030"),
    Printed("酸碱度", "PH", "6.0", "", "4.5-8.0"),
    Printed("红细胞", "RBC", "3", "/μL", "0-17"),
    Printed("白细胞", "WBC", "26", "/μL", "0-28"),
)
THYROID = (
    Printed("促甲状腺激素", "TSH", "5.91", "mIU/L", "0.27-4.20", "high"),
    Printed("游离三碘甲状腺原氨酸", "FT3", "4.66", "pmol/L", "3.1-6.8"),
    Printed("游离甲状腺素", "FT4", "12.80", "pmol/L", "12.0-22.0"),
)
WIDE = (("name", 90), ("value", 500), ("flag", 640), ("unit", 740), ("range", 930))
CODED = (("number", 70), ("code", 150), ("name", 300), ("value", 660), ("flag", 770), ("unit", 850), ("range", 1010))
RANGE_FIRST = (("name", 90), ("value", 480), ("flag", 610), ("range", 700), ("unit", 960))
HALVES = (("name", 40), ("value", 260), ("flag", 350), ("unit", 390), ("range", 500),
          ("name", 640), ("value", 870), ("flag", 960), ("unit", 1000), ("range", 1110))  # fmt: skip
SHEETS = (
    Sheet("血常规检验报告单", "青山县人民医院", "王秀英", BLOOD, WIDE),
    Sheet(
        "生化检验报告单",
        "青山县人民医院",
        "赵德福",
        LIVER,
        CODED,
        ruled=True,
        heads={"name": "检验项目", "range": "参考范围"},
    ),
    Sheet("肿瘤标志物检验报告单", "江城市第一医院", "王秀英", MARKERS, RANGE_FIRST, heads={"value": "测定结果"}),
    Sheet(
        "生化检验报告单", "江城市第一医院", "陈小满", LIVER, HALVES, size=19, heads={"name": "项目", "range": "参考值"}
    ),
    Sheet(
        "尿液分析检验报告单", "青山县中医院", "陈小满", URINE + THYROID, WIDE, ruled=True, heads={"range": "参考区间"}
    ),
    Sheet("检验报告单", "青山县中医院", "赵德福", BLOOD[:6] + MARKERS[:3], CODED, arrows=False, heads={"flag": "标志"}),
)
LOOKS = ("clean", "blur", "tilt", "shadow", "phone", "aside")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The face of the reports."""
    return ImageFont.truetype(str(FONT), size, index=SIMPLIFIED)


@dataclass(frozen=True)
class Text:
    """Words on the sheet: where their upper left corner is, and how large they are, in pixels."""

    x: float
    y: float
    words: str
    size: int


def draw_sheet(sheet: Sheet) -> Image.Image:
    """A report as a printer makes it."""
    image = Image.new("RGB", PAPER, "white")
    pen = ImageDraw.Draw(image)
    for text in texts_of(sheet):
        pen.text((text.x, text.y), text.words, "black", font(text.size))
    step, rows = sheet.size + 22, rows_of(sheet)
    lines = range(rows + 2) if sheet.ruled else (0, 1, rows + 1)
    for number in lines:
        y = TOP - 8 + number * step
        pen.line([(40, y), (PAPER[0] - 40, y)], "black", 2 if number in (0, rows + 1) else 1)
    return image


def texts_of(sheet: Sheet) -> list[Text]:
    """Everything that stands on the sheet."""
    found = [centred(70, sheet.hospital, 34), centred(120, sheet.title, 30)]
    for x, words in ((80, f"姓名：{sheet.person}"), (330, "性别：女"), (480, "年龄：68岁"), (660, "标本类型：血清")):
        found.append(Text(x, 190, words, 22))
    found += [Text(80, 228, "采集时间：2026-03-02 07:40", 22), Text(660, 228, "送检医生：周岚", 22), *table_of(sheet)]
    bottom = TOP + (rows_of(sheet) + 1) * (sheet.size + 22)
    for x, words in ((80, "检验者：林晓"), (330, "审核者：何敏"), (580, "报告时间：2026-03-02 10:15")):
        found.append(Text(x, bottom + 30, words, 22))
    return [*found, Text(80, bottom + 68, "备注：本报告仅对该标本负责，结果请结合临床。", 20)]


def centred(y: float, words: str, size: int) -> Text:
    """Words in the middle of the paper."""
    return Text((PAPER[0] - font(size).getlength(words)) / 2, y, words, size)


def rows_of(sheet: Sheet) -> int:
    """How many lines the table has, one of its halves where it has two."""
    return -(-len(sheet.items) // halves_of(sheet))


def halves_of(sheet: Sheet) -> int:
    """Whether the table is set in one or two halves."""
    return [kind for kind, _ in sheet.columns].count("name")


def table_of(sheet: Sheet) -> list[Text]:
    """Headings and cells."""
    step, rows = sheet.size + 22, rows_of(sheet)
    width = len(sheet.columns) // halves_of(sheet)
    found = [Text(x, TOP, sheet.heads.get(kind, HEADS[kind]), sheet.size) for kind, x in sheet.columns]
    for number, item in enumerate(sheet.items):
        half, row = divmod(number, rows)
        for kind, x in sheet.columns[half * width : (half + 1) * width]:
            if words := printed(sheet, item, kind, number):
                found.append(Text(x, TOP + (row + 1) * step, words, sheet.size))
    return found


def printed(sheet: Sheet, item: Printed, kind: str, number: int) -> str:
    """What stands in one cell."""
    if kind == "number":
        return str(number + 1)
    if kind == "flag":
        marks = {"high": "↑", "low": "↓"} if sheet.arrows else {"high": "H", "low": "L"}
        return marks.get(item.flag, "")
    coded = any(kind == "code" for kind, _ in sheet.columns)
    if kind == "name":
        return item.name if coded or len(sheet.columns) > 8 else f"{item.name}({item.code})"
    return str(getattr(item, kind))


def expected(sheet: Sheet) -> list[tuple[str, str, str, str, str]]:
    """What a perfect reader finds: name, value, unit, range, flag of each line."""
    return [
        (printed(sheet, item, "name", 0), item.value, item.unit, item.range, item.flag) for item in sheet.items
    ]  # fmt: skip


def photograph(image: Image.Image, look: str, seed: int = 1) -> Image.Image:
    """The sheet as it arrives: `clean`, with `blur`, `tilt`, `shadow`, or all of them as a `phone` takes it; or on a
    table and in a shadow, seen from one side (`aside`)."""
    lots = random.Random(seed)  # noqa: S311 - draws the angle of a photograph, no key
    if look == "aside":
        laid, _ = scenes.lay(np.asarray(image), seed=seed, size=ASIDE)
        return shade(Image.fromarray(laid), lots)
    if look in ("tilt", "phone"):
        image = lean(image, lots)
    if look in ("shadow", "phone"):
        image = shade(image, lots)
    if look in ("blur", "phone"):
        image = image.filter(ImageFilter.GaussianBlur(1.2 if look == "blur" else 0.8))
    return image


def lean(image: Image.Image, lots: random.Random) -> Image.Image:
    """Turned by a few degrees on a table, and seen a little from one side."""
    width, height = image.size
    away = lots.uniform(0.01, 0.03) * width
    edges = (-away, 0, 0, height, width, height, width + away * 0.5, away * 0.3)
    seen = image.transform(image.size, Image.Transform.QUAD, edges, Image.Resampling.BICUBIC, fillcolor="#6b5a48")
    angle = lots.choice((-1, 1)) * lots.uniform(1.5, 4)
    return seen.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor="#6b5a48")


def shade(image: Image.Image, lots: random.Random) -> Image.Image:
    """With the shadow of a hand across it, yellow light, and the grain of a small sensor."""
    width, height = image.size
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    turn = lots.uniform(0, 6.28)
    edge = 1 / (1 + np.exp(-8 * (across * np.cos(turn) + down * np.sin(turn) - 0.1)))
    light = (1 - 0.45 * edge)[..., None] * np.array([1.0, 0.97, 0.88])
    grain = np.random.default_rng(lots.randrange(2**31)).normal(0, 5, (height, width, 1))
    seen = np.clip(np.asarray(image, dtype=float) * light + grain, 0, 255)
    return Image.fromarray(seen.astype(np.uint8))


def to_jpeg(image: Image.Image, quality: int = 72) -> bytes:
    """As a phone stores it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def to_png(image: Image.Image) -> bytes:
    """As a scanner stores it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def evaluation() -> Iterator[tuple[str, Sheet, bytes]]:
    """The set that `make bench` measures: every sheet in every look, drawn as it is asked for. The first few hold
    every look too."""
    for place, sheet in enumerate(SHEETS):
        for turn, look in enumerate(LOOKS):
            yield look, sheet, to_jpeg(photograph(draw_sheet(sheet), look, seed=place * 10 + turn))
