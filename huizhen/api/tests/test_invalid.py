"""What is wrong with a value is said in both languages, by our sentences, and without the value."""

import math
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from django.utils import translation
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from huizhen.api import invalid

SENT = "张三的肺结节"


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Thing(BaseModel):
    """An object that takes nothing else."""

    model_config = ConfigDict(extra="forbid")
    name: str


WRONG = [
    (Thing, {}, "missing", "必填。", "This is required."),
    (Thing, {"name": "a", SENT: 1}, "extra_forbidden", "这里没有这一项。", "Nothing of this name is taken here."),
    (Thing, SENT, "model_type", "需要一个对象。", "An object is needed."),
    (str, 1, "string_type", "需要文字。", "A text is needed."),
    (Annotated[str, Field(max_length=3)], SENT, "string_too_long", "过长：最多 3 个字符。", "Too long: at most 3 characters."),
    (Annotated[str, Field(min_length=9)], SENT, "string_too_short", "过短：至少 9 个字符。", "Too short: at least 9 characters."),
    (Annotated[str, Field(pattern="^[0-9]+$")], SENT, "string_pattern_mismatch", "格式不符合要求。",
     "This does not have the form that is asked for."),
    (UUID, SENT, "uuid_parsing", "需要 UUID。", "A UUID is needed."),
    (datetime, SENT, "datetime_from_date_parsing", "需要日期和时间，例如 2026-01-31T08:30:00+08:00。",
     "A date and time is needed, such as 2026-01-31T08:30:00+08:00."),
    (AwareDatetime, "2026-01-31T08:30:00", "timezone_aware", "时间需要带时区，例如 +08:00 或 Z。",
     "A time needs its zone, such as +08:00 or Z."),
    (date, SENT, "date_from_datetime_parsing", "需要日期，例如 2026-01-31。", "A date is needed, such as 2026-01-31."),
    (int, SENT, "int_parsing", "需要整数。", "A whole number is needed."),
    (float, SENT, "float_parsing", "需要数字。", "A number is needed."),
    (Annotated[float, Field(allow_inf_nan=False)], math.inf, "finite_number", "需要数字。", "A number is needed."),
    (bool, SENT, "bool_parsing", "需要 true 或 false。", "true or false is needed."),
    (list[str], SENT, "list_type", "需要列表。", "A list is needed."),
    (Annotated[list[str], Field(max_length=1)], [SENT, SENT], "too_long", "过多：最多 1 项。", "Too many: at most 1."),
    (Annotated[list[str], Field(min_length=2)], [SENT], "too_short", "过少：至少 2 项。", "Too few: at least 2."),
    (dict[str, str], SENT, "dict_type", "需要一个对象。", "An object is needed."),
    (Annotated[int, Field(ge=1)], 0, "greater_than_equal", "过小：最小为 1。", "Too small: at least 1."),
    (Annotated[int, Field(gt=1)], 0, "greater_than", "过小：必须大于 1。", "Too small: more than 1 is needed."),
    (Annotated[int, Field(le=1)], 2, "less_than_equal", "过大：最大为 1。", "Too large: at most 1."),
    (Annotated[int, Field(lt=1)], 2, "less_than", "过大：必须小于 1。", "Too large: less than 1 is needed."),
    (Colour, SENT, "enum", "只能是其中之一：red, blue。", "One of these is needed: red, blue."),
    (Literal["a", "b"], SENT, "literal_error", "只能是其中之一：a, b。", "One of these is needed: a, b."),
    (None, SENT, "none_required", "不接受这个值。", "This value is not accepted."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "code", "chinese", "english"), WRONG, ids=lambda one: str(one)[:20])
def test_each_fault_has_its_sentence(kind, value, code, chinese, english):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    [fault] = [one for one in caught.value.errors() if one["type"] == code]
    for language, wanted in (("zh-hans", chinese), ("en", english)):
        with translation.override(language):
            assert invalid.sentence(fault) == wanted
            assert SENT not in invalid.sentence(fault)


def test_what_is_no_json_is_said():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Thing).validate_json(SENT)
    [fault] = caught.value.errors()
    assert invalid.sentence(fault) == "无法按 JSON 读取。"


@pytest.mark.parametrize(("language", "says"), [("zh-hans", "必填。"), ("en", "This is required.")])
def test_an_answer_speaks_the_language_asked_for(doctor, language, says):
    answer = doctor.post("/consult/joint", {}, Accept_Language=language)
    assert answer.status_code == 422
    assert {error["says"] for error in answer.json()["errors"]} == {says}
