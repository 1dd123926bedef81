"""In Chinese the back office is Chinese: no page of it shows a Latin word but data and the proper terms named here."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import unfold
from django.apps import apps
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from huizhen.config.messages.sources import list_sentences
from huizhen.console.admin.site import site
from huizhen.kernel.clock import now
from huizhen.lab.tests.builders import make_lab
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
ROLES = ("system_admin", "security_admin", "audit_admin")
WORD = re.compile(r"[A-Za-z]{2,}")
# Standards, and what stands on a key of the keyboard.
PROPER = {"DICOM", "DICOMweb", "AE", "IP", "LOINC", "UCUM", "HL", "ORU", "FHIR", "Excel", "ID", "esc"}
NO_ROWS = {f"{rows}-{count}_FORMS": "0" for rows in ("ranges", "codings", "controls") for count in ("TOTAL", "INITIAL")}
PICTURE = "material-symbols-outlined"  # the name of a picture, which the typeface draws
SAID_IN = ("placeholder", "title", "aria-label", "alt", "data-label")
VOID = {"input", "img", "link", "meta", "br", "hr"}


class Words(HTMLParser):
    """What a page says, without pictures, scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said, self._open = list[str](), list[bool]()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.said += [given[name] or "" for name in SAID_IN if name in given]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.said.append(given.get("value") or "")
        if tag not in VOID:
            self._open.append(tag in ("script", "style") or PICTURE in (given.get("class") or ""))

    def handle_endtag(self, tag):
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data):
        if not any(self._open):
            self.said.append(data)


@pytest.fixture
def house():
    """Rows in as many tables as may be; what they are called is Chinese, so that a Latin word is nobody's name."""
    house = make_organisation("集团", kind="group")
    make_practitioner(make_organisation("县医院", parent=house))
    make_account("孙丽", home=house)
    lab = make_lab()
    make("lab.Campaign", organisation=lab.home, name="筛查", panel=apps.get_model("lab", "Panel").objects.first(),
         capacity=1, begins_on=date(2026, 11, 1), ends_on=date(2026, 11, 30))  # fmt: skip
    make("lab.Upstream", organisation=house, name="省平台", format="fhir", url="https://up.example/")
    make("records.Pacs", organisation=house, name="影像归档", address="https://pacs.example/dicom", password="1")
    make("records.Station", organisation=house, name="一号机", ae_title="CT1", address="10.1.1.7")
    make("records.UnknownCaller", ae_title="CT9", address="10.1.1.9", tries=1, first_at=now(), last_at=now())
    make("kernel.Promise", kind="consult.joint", deadline="report", urgency="normal", unit="hours", amount=9)
    make("kernel.Holiday", date=date(2027, 2, 5), kind="holiday", name="春节")
    return house


def make(table, **given):
    return apps.get_model(table).objects.create(**given)


def test_every_page_is_in_chinese(house):
    said, seen = {}, set()
    for role in ROLES:
        client = Client()
        client.force_login(enrol(make_member(role, house, name="管理员").account))
        client.cookies["django_language"] = "zh-hans"
        for address, answer in pages(client):
            seen.add(address)
            for text in Words(answer.content.decode()).said:
                said.setdefault(text.strip(), f"{role} {address}")
    own = sorted(data(), key=len, reverse=True)
    foreign = {text: place for text, place in said.items() if set(WORD.findall(bare(text, own))) - PROPER}
    assert foreign == {}, "\n".join(f"{text!r} at {place}" for text, place in foreign.items())
    assert len(seen) > 60


def pages(client):
    """Each page that this person gets: lists, whole and found empty, forms, empty, filled and refused, histories."""
    yield "/admin/", client.get("/admin/")
    for words in ("a", "o", "组", "无此"):
        where = f"/admin/search/?extended=1&s={words}"
        yield where, client.get(where)
    for model in site._registry:
        here = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        key = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        rows = [f"{here}{quote(key)}/change/", f"{here}{quote(key)}/history/"] if key else []
        for where in (here, f"{here}?q=nothing-like-it", f"{here}?_facets=True", f"{here}add/", *rows):
            answer = client.get(where)
            if answer.status_code == 200:
                yield where, answer
        for where in (f"{here}add/", *rows[:1]):
            answer = client.post(where, {"_save": "1", **NO_ROWS})
            if answer.status_code == 200:
                yield f"POST {where}", answer


def data():
    """What rows hold, and what they are called."""
    models = [*site._registry, *(row.model for one in site._registry.values() for row in one.inlines)]
    for model in models:
        texts = [f for f in model._meta.concrete_fields if not f.choices and "Boolean" not in f.get_internal_type()]
        for row in model._default_manager.all():
            yield str(row)
            for field in texts:
                yield str(getattr(row, field.attname))
    yield "nothing-like-it"


def bare(text, own):
    """A text without the data in it."""
    for value in own:
        if WORD.search(value) and value in text:
            text = re.sub(rf"(?<![A-Za-z]){re.escape(value)}(?![A-Za-z])", "", text)
    return text


def test_the_toolkit_says_nothing_that_has_no_chinese():
    """Names the sentences that a new version of django-unfold brings: they belong into `toolkit.py`."""
    left = []
    with translation.override("zh-hans"):
        for sentence in list_sentences(Path(unfold.__file__).parent):
            if "/contrib/" not in sentence.place and said(sentence) in sentence.id:
                left.append(sentence.id)
    assert left == []


def said(sentence):
    if isinstance(sentence.id, tuple):
        return ngettext(*sentence.id, 2)
    return pgettext(sentence.context, sentence.id) if sentence.context else gettext(sentence.id)


def test_what_scripts_say_is_in_chinese(house):
    client = Client()
    client.force_login(enrol(make_member("system_admin", house).account))
    client.cookies["django_language"] = "zh-hans"
    assert "选中" in client.get("/admin/jsi18n/").content.decode().encode().decode("unicode_escape")
