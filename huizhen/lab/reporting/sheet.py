"""What can stand in a column of a file that is handed in by hand, in words. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import pgettext_lazy

from huizhen.lab.refused import Refused
from huizhen.lab.reporting.formats import Reported
from huizhen.lab.results.models import Finding
from huizhen.lab.results.sheet import IN_WORDS, say_value
from huizhen.records.patients.models import IdentityKind, Sex

CHINA = ZoneInfo("Asia/Shanghai")
FIXED = "="  # before a text that stands in every row of a column


@dataclass(frozen=True)
class Field:
    """A column: its heading, and what stands below it."""

    label: Any
    write: Callable[[Reported], str]


def _time(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _choice(choices: Any, code: str) -> str:
    return str(dict(choices.choices).get(code, code))


@dataclass(frozen=True)
class Coded:
    """A field that has one of a few words, for which a platform may have codes of its own: each of our codes with our
    word, and which of them a result has."""

    words: Mapping[str, Any]
    code: Callable[[Reported], str]


FINDINGS = {str(one.value): one.label for one in Finding}
CODED = {
    "value": Coded(
        {code: word for code, word in FINDINGS.items() if int(code) in IN_WORDS}, lambda one: str(one.finding)
    ),
    "finding": Coded(FINDINGS, lambda one: str(one.finding)),
    "sex": Coded(dict(Sex.choices), lambda one: one.sex),
    "identity_kind": Coded(dict(IdentityKind.choices), lambda one: one.identity_kind),
}
Words = Mapping[str, Mapping[str, str]]  # by field and our code: what a platform calls it
LONGEST_WORD = 60
FIELDS = {
    "delivery": Field(pgettext_lazy("column", "Report id"), lambda one: str(one.id)),
    "name": Field(pgettext_lazy("column", "Name"), lambda one: one.name),
    "identity_kind": Field(
        pgettext_lazy("column", "Document type"), lambda one: _choice(IdentityKind, one.identity_kind)
    ),
    "identity_number": Field(pgettext_lazy("column", "Document number"), lambda one: one.identity_number),
    "phone": Field(pgettext_lazy("column", "Phone"), lambda one: one.phone().removeprefix("+86")),
    "sex": Field(pgettext_lazy("column", "Sex"), lambda one: _choice(Sex, one.sex)),
    "birth_on": Field(pgettext_lazy("column", "Date of birth"), lambda one: one.birth_on.isoformat()),
    "laboratory": Field(pgettext_lazy("column", "Laboratory"), lambda one: one.laboratory),
    "laboratory_code": Field(pgettext_lazy("column", "Code of the laboratory"), lambda one: one.laboratory_code),
    "barcode": Field(pgettext_lazy("column", "Barcode"), lambda one: one.barcode),
    "persons": Field(pgettext_lazy("column", "Persons in the tube, at most"), lambda one: str(one.capacity)),
    "collected_at": Field(pgettext_lazy("column", "Collected at"), lambda one: _time(one.collected_at)),
    "released_at": Field(pgettext_lazy("column", "Released at"), lambda one: _time(one.released_at)),
    "item": Field(pgettext_lazy("column", "Test"), lambda one: one.item_name),
    "loinc": Field(pgettext_lazy("column", "LOINC code"), lambda one: one.loinc),
    "value": Field(pgettext_lazy("column", "Result"), say_value),
    "unit": Field(pgettext_lazy("column", "Unit"), lambda one: one.unit),
    "finding": Field(pgettext_lazy("column", "Judged"), lambda one: str(Finding(one.finding).label)),
    "version": Field(pgettext_lazy("column", "Version"), lambda one: str(one.version)),
}
# How templates of platforms call their columns, without spaces and small. The first that fits counts.
NAMED = {
    "delivery": re.compile(r"上报(编号|id|流水号)|reportid"),
    "name": re.compile(r"(患者|受检者|人员|被检者)?姓名|name"),
    "identity_kind": re.compile(r"(身份)?证件(类型|类别|种类)|documenttype"),
    "identity_number": re.compile(
        r"(居民)?身份证(号码?|件号码?)?|(身份)?证件(号码?|编号)|documentnumber|id(number|no\.?)"
    ),
    "phone": re.compile(r"(本人|受检者)?(联系|移动)?(电话|手机)(号码?)?|联系方式|phone(number|no\.?)?|mobile"),
    "sex": re.compile(r"性别|sex|gender"),
    "birth_on": re.compile(r"出生(日期|年月日?)|dateofbirth|birthday"),
    "laboratory": re.compile(r"(检测|检验|报告|送检|上报)(机构|单位)(名称)?|(机构|单位|实验室)名称|实验室|laboratory"),
    "laboratory_code": re.compile(r"(检测|检验|报告|上报)?(机构|单位|实验室)(编码|代码|编号)|codeofthelaboratory"),
    "barcode": re.compile(
        r"条形?码(号|编号)?|(样本|标本|样品|采样管|试管)(编号|条形?码号?|号|编码)|barcode|specimen(id|no\.?)?"
    ),
    "persons": re.compile(r"混(检|采)(人数|比例|类型)"),
    "collected_at": re.compile(r"(采样|采集|取样)(时间|日期)|collected(at)?"),
    "released_at": re.compile(r"(报告|检测|检验|审核|出报告|结果)(时间|日期)|released(at)?"),
    "loinc": re.compile(r"loinc(code|编码|代码)?|(检验|检测)?项目(编码|代码)"),
    "item": re.compile(r"(检测|检验|检查)?项目(名称)?|test|item"),
    "value": re.compile(r"(检测|检验|定性|定量)?结果(值)?|result|value"),
    "unit": re.compile(r"(结果|计量)?单位|unit"),
    "finding": re.compile(r"结果(判定|判断|标志|提示)|结论|judged|flag"),
    "version": re.compile(r"(报告)?版本号?|version"),
}
# What a platform does not ask for is not given away: the phone only stands where its own workbook has a column for it.
OURS = tuple(code for code in FIELDS if code != "phone")
# A row that says neither whose result this is nor what it is would be of no use to anybody.
NEEDED = (("name", "identity_number", "barcode", "delivery"), ("value", "finding"))


def write_headings() -> list[str]:
    """Our own headings, in the language of the house."""
    with translation.override(settings.LANGUAGE_CODE):
        return [str(FIELDS[code].label) for code in OURS]


def write_rows(
    results: Sequence[Reported], columns: Sequence[str] = OURS, words: Words = MappingProxyType({})
) -> list[list[str]]:
    """A row of texts for each result. A column is a field, `=` and a fixed text, or empty; `words` are the platform's
    own for some of ours."""
    with translation.override(settings.LANGUAGE_CODE):
        return [[_cell(column, one, words) for column in columns] for one in results]


def _cell(column: str, one: Reported, words: Words) -> str:
    if column.startswith(FIXED):
        return column.removeprefix(FIXED)
    theirs = words.get(column, {}).get(CODED[column].code(one)) if column in CODED else None
    if theirs is not None:
        return theirs
    return " ".join(FIELDS[column].write(one).split()) if column else ""


def guess(heading: str) -> str:
    """The field that a heading names, empty where none does; stars and brackets beside the name do not disturb."""
    plain = re.sub(r"[（(\[【].*?[)）\]】]|[*＊:：\s]", "", heading).lower()
    return next((code for code, named in NAMED.items() if named.fullmatch(plain)), "")


def say_words(field: str, words: Words) -> str:
    """What a platform calls each word of a field, one line each, `ours = theirs`: as it is read by `read_words`."""
    theirs = words.get(field, {})
    with translation.override(settings.LANGUAGE_CODE):
        return "\n".join(f"{word} = {theirs.get(code, word)}" for code, word in CODED[field].words.items())


def read_words(field: str, text: str) -> dict[str, str]:
    """What a platform calls the words of a field, by our code, as somebody typed it; a word that is left out, or has
    nothing behind its sign, stays ours.

    Raises:
        Refused: `field`: `word_line`, `word_unknown`, `word_twice`.
    """
    with translation.override(settings.LANGUAGE_CODE):
        codes = {str(word): code for code, word in CODED[field].words.items()}
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        ours, sign, theirs = (part.strip() for part in line.replace("＝", "=").partition("="))
        if not sign or len(theirs) > LONGEST_WORD:
            raise Refused({field: "word_line"})
        if ours not in codes:
            raise Refused({field: "word_unknown"})
        if codes[ours] in found:
            raise Refused({field: "word_twice"})
        found[codes[ours]] = theirs or ours
    return {code: theirs for code, theirs in found.items() if theirs != str(CODED[field].words[code])}


def are_words(words: Words) -> bool:
    """Whether these are words of coded fields, and none is too long."""
    return all(
        field in CODED and code in CODED[field].words and 0 < len(theirs) <= LONGEST_WORD
        for field, given in words.items() for code, theirs in given.items()
    )  # fmt: skip


def says_enough(columns: Sequence[str]) -> bool:
    """Whether such columns say whose result it is and what it is."""
    return all(any(one in columns for one in either) for either in NEEDED)
