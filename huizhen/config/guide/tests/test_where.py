"""A newcomer who says what happens in plain words is shown the right files."""

import pytest

from huizhen.config.guide import where
from huizhen.config.guide.features import list_features, shown


def places(question: str) -> list[str]:
    return [shown(place.path) for place in where.find(question)]


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("when is a working day due", "huizhen/kernel/calendar/working.py"),
        ("who may act on a case", "huizhen/kernel/access/grants.py"),
        ("read a case number", "huizhen/kernel/ids.py"),
        ("draw every flow as a diagram", "huizhen/kernel/flow/diagram.py"),
        ("调休", "huizhen/kernel/calendar/holidays.py"),
    ],
)
def test_the_right_file_is_among_the_first(question, path):
    assert path in places(question)[:6]


def test_words_are_found_in_every_form():
    assert where.stems("a doctor withdraws an opinion") == where.stems("doctors withdrawal opinions")
    assert where.stems("WorkingDays") == where.stems("working day")


def test_nothing_found_says_what_to_do(capsys):
    assert where.where("xylophone") == 1
    assert "docs/words.md" in capsys.readouterr().out


def test_the_answer_names_roles(capsys):
    assert where.where("swapped", "working", "days", "calendar") == 0
    roles = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "}
    assert {"table", "document", "test"} <= roles


def test_every_feature_says_what_it_is():
    found = {feature.address: feature.about for feature in list_features() if feature.files()}
    assert found["kernel.calendar"].startswith("Deadlines")
    assert {"kernel.clock", "kernel.flow", "people.accounts", "config.guide"} <= set(found)
