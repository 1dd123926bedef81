"""House rules for templates: nothing inline that the policy would refuse, and every sentence translated."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.utils.translation import gettext, ngettext, override, pgettext

ROOT = Path(settings.PACKAGE)
TEMPLATES = sorted(ROOT.glob("**/templates/**/*.html"))
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "style element": re.compile(r"<style[\s>]", re.I),
    # A block of JSON is data: it is not run, and the policy lets it be.
    "script without src": re.compile(r"<script(?![^>]*\s(?:src=|type=\"application/json\"))[^>]*>", re.I),
    "event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "javascript: address": re.compile(r"javascript:", re.I),
    "htmx handler": re.compile(r"\shx-on[:\s=-]", re.I),
    "htmx expression": re.compile(r"hx-(vals|headers)=['\"]\s*js:", re.I),
    "other host": re.compile(r"(src|href|action)=[\"']https?://", re.I),
}
SENTENCE = re.compile(r'{% translate "([^"]+)"(?: context "([^"]+)")?(?: as \w+)? %}|_\("([^"]+)"\)')
BLOCK = re.compile(r"{% blocktranslate([^%]*)%}(.*?){% endblocktranslate %}", re.S)
NEUTRAL = re.compile(r"{{\s*([\w.]+)\s*}}")


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_nothing_inline(path: Path) -> None:
    text = re.sub(r"{[#%].*?[#%]}", "", path.read_text(), flags=re.S)
    found = [name for name, pattern in INLINE.items() if pattern.search(text)]
    assert not found, f"{_id(path)} has {found}"


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_compiles(path: Path) -> None:
    get_template(str(path).split("/templates/", 1)[1])


def _untranslated(text: str) -> list[str]:
    missing = []
    for plain, context, filtered in SENTENCE.findall(text):
        msgid = plain or filtered
        told = pgettext(context, msgid) if context else gettext(msgid)
        if told == msgid:
            missing.append(msgid)
    for options, body in BLOCK.findall(text):
        msgid, *plural = (NEUTRAL.sub(r"%(\1)s", part) for part in body.split("{% plural %}"))
        told = ngettext(msgid, plural[0], 1) if plural else gettext(msgid)
        if told == msgid:
            missing.append(f"{msgid} ({options.strip()})")
    return missing


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_every_sentence_is_chinese_too(path: Path) -> None:
    with override("zh-hans"):
        assert _untranslated(path.read_text()) == []
