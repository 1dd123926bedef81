"""Retraining on a house's own closed cases: a guess becomes right, measured on cases that were kept apart."""

from dataclasses import replace

import pytest

from huizhen.consult.joint.tests import builders as make
from huizhen.consult.suggestions import actions, queries
from huizhen.consult.suggestions.models import Learning
from huizhen.consult.suggestions.rules.words import count
from huizhen.people.tests.builders import make_practitioner
from huizhen.records.tests.builders import make_patient

# What people say in this valley, and nowhere in the material that ships.
LOCAL = "牧区俗称白驼癀，双踝凹窝样紫斑，驼铃征阳性"
NEW = f"新来一例：{LOCAL}，请问如何处理？"
ELSEWHERE = "渔村俗称青螺痧，指缝鳞屑样灰线，螺音征阳性"
NAME = "欧阳雪莲"
OURS, OTHERS = "胸外科专业", "皮肤病专业"
THREE = ("呼吸内科专业", "胸外科专业", "皮肤病专业")


def panel(cast, *specialties):
    """The same consultation with another patient, and experts of these specialties."""
    return replace(
        cast, patient=make_patient(cast.county),
        experts=[make_practitioner(cast.platform, specialties=(one,)).account for one in specialties],
    )  # fmt: skip


@pytest.fixture
def house(cast):
    """Six closed cases in order; the first and the sixth will be held out. The fifth is signed by three specialties."""
    told = [
        (f"{LOCAL}，请会诊。", [OURS] * 3), (f"再次见到{LOCAL}，请会诊。", [OURS] * 3),
        (f"又一户出现{LOCAL}，请会诊。", [OURS] * 3), (f"同村出现{LOCAL}，请会诊。", [OURS] * 3),
        (f"{NAME}随访，{NAME}本人要求会诊。", THREE), (f"{ELSEWHERE}，请会诊。", [OTHERS] * 3),
    ]  # fmt: skip
    for said, specialties in told:
        make.delivered(panel(cast, *specialties), question=said, summary=f"{said}{said}")
        cast.later(hours=1)
    return cast


def code_of(cast, name):
    return panel(cast, name).experts[0].practitioner.specialties.get().code


def first_of(model, text):
    return next((one.specialty for one in model.guess(text)), "")


def test_what_the_house_has_seen_is_recognised_and_measured_by_what_was_kept_apart(house):
    right = code_of(house, OURS)
    before = queries.get_model()
    assert first_of(before, NEW) != right
    made = actions.learn(at=house.at)
    assert made.in_use
    assert first_of(queries.get_model(), NEW) == right
    assert (made.cases, made.figures["held_out"]) == (6, 2)
    assert made.figures["own_before"] == 0
    # The first is like those that were taught. Had the sixth been taught, it would be found as well.
    assert made.figures["own_after"] == 0.5
    assert Learning.objects.get(in_use=True).pk == made.pk
    kept = {word for tokens in made.counts.values() for word in tokens}
    assert set(count("驼铃征")) <= kept
    assert not set(count(NAME)) & kept, "three specialties signed that case, and it is one patient's"


def test_what_stands_in_held_out_cases_alone_is_not_taught(house, monkeypatch):
    monkeypatch.setattr(actions, "RAREST", 1)
    made = actions.learn(at=house.at, keep=False)
    taught = {word for tokens in made.counts.values() for word in tokens}
    assert set(count(LOCAL)) <= taught
    assert set(count("同村出现")) <= taught
    apart = set(count("青螺痧")) | set(count("渔村"))
    assert apart
    assert not apart & taught
    assert not Learning.objects.exists()
