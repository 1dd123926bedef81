"""Sentences are found wherever they stand, translations are kept, and every kind of fault is noticed."""

import gettext
from pathlib import Path

import pytest

from huizhen.config.messages import catalogues, faults, sources

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext
title = _("Case %(number)s")
state = State(label=_("已提交"))
count = ngettext("one case", "%(count)s cases", n)
"""
TEMPLATE = """
{% load i18n %}
<h1 title="{% trans 'Worklist' %}">{{ _("Hello") }}</h1>
  <c-button :label="_('Save it')" />
    {% blocktranslate with name=actor.name trimmed %}
       {{ name }} wrote
       to you
    {% endblocktranslate %}
{% blocktranslate count n=total %}{{ n }} file{% plural %}{{ n }} files{% endblocktranslate %}
{% translate "Open" context "state" %}
{# _("Commented") is still found, which does no harm #}
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package with one module that owns its sentences and one feature that owns its own."""
    root = tmp_path / "house"
    (root / "desk" / "tickets" / "locale").mkdir(parents=True)
    (root / "desk" / "flow.py").write_text(PYTHON)
    (root / "desk" / "tickets" / "page.html").write_text(TEMPLATE)
    (root / "desk" / "tests").mkdir()
    (root / "desk" / "tests" / "test_x.py").write_text('_("only a test")')
    return root


def translate(path: Path, **translations: str) -> None:
    text = path.read_text()
    for sentence, translation in translations.items():
        text = text.replace(f'msgid "{sentence}"\nmsgstr ""', f'msgid "{sentence}"\nmsgstr "{translation}"')
    path.write_text(text)


def test_sentences_are_found_in_code_and_templates(package):
    found = sources.list_sentences(package)
    assert {sentence.id for sentence in found if sentence.home.name == "desk"} == {
        "Case %(number)s",
        "已提交",
        ("one case", "%(count)s cases"),
    }
    assert {sentence.id for sentence in found if sentence.home.name == "tickets"} >= {
        "Worklist",
        "Hello",
        "Save it",
        "%(name)s wrote to you",
        ("%(n)s file", "%(n)s files"),
        "Open",
    }
    assert next(sentence for sentence in found if sentence.id == "Open").context == "state"


def test_extraction_keeps_translations_and_can_be_repeated(package):
    catalogues.merge(sources.list_sentences(package))
    path = package / "desk/locale/zh_Hans/LC_MESSAGES/django.po"
    translate(path, **{"Case %(number)s": "病例 %(number)s"})
    catalogues.merge(sources.list_sentences(package))
    assert "病例 %(number)s" in path.read_text()
    assert catalogues.merge(sources.list_sentences(package)) == []
    assert "已提交" in (package / "desk/locale/en/LC_MESSAGES/django.po").read_text()


def test_a_sentence_that_is_gone_is_marked_and_kept(package):
    catalogues.merge(sources.list_sentences(package))
    path = package / "desk/locale/zh_Hans/LC_MESSAGES/django.po"
    translate(path, **{"Case %(number)s": "病例 %(number)s"})
    (package / "desk" / "flow.py").write_text("")
    (package / "desk" / "more.py").write_text('_("More")')
    catalogues.merge(sources.list_sentences(package))
    assert '#~ msgid "Case %(number)s"' in path.read_text()


def test_missing_fuzzy_and_disagreeing_translations_are_faults(package):
    catalogues.merge(sources.list_sentences(package))
    assert any("no en for '已提交'" in fault for fault in faults.list_faults(package))
    desk = package / "desk/locale/zh_Hans/LC_MESSAGES/django.po"
    tickets = package / "desk/tickets/locale/zh_Hans/LC_MESSAGES/django.po"
    translate(desk, **{"Case %(number)s": "病例 %(no)s"})
    translate(tickets, Worklist="工作台", Hello="你好")
    desk.write_text(desk.read_text() + '\nmsgid "Worklist"\nmsgstr "待办"\n\n#, fuzzy\nmsgid "x"\nmsgstr "y"\n')
    found = "\n".join(faults.list_faults(package))
    assert "placeholders %(no)s do not agree" in found
    assert "fuzzy: 'x'" in found
    assert "'Worklist' is " in found
    assert "no zh_Hans for 'Hello'" not in found


def test_compiled_sentences_are_read_by_gettext(package):
    catalogues.merge(sources.list_sentences(package))
    path = package / "desk/tickets/locale/zh_Hans/LC_MESSAGES/django.po"
    translate(path, Worklist="工作台")
    catalogues.compile_all(package)
    assert catalogues.compile_all(package) == 0
    with path.with_suffix(".mo").open("rb") as handle:
        assert gettext.GNUTranslations(handle).gettext("Worklist") == "工作台"
