"""Encrypted columns behave like ordinary attributes, and like nothing at all to whoever reads the table."""

import copy
import pickle

import pytest
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, transaction
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from huizhen.kernel import ids
from huizhen.kernel.crypto import Unreadable
from huizhen.kernel.crypto.fields import PlainRefused
from huizhen.kernel.crypto.sealed import Sealed, Unplaced
from huizhen.kernel.crypto.tests.tables import Note

pytestmark = pytest.mark.usefixtures("note_table")


def a_note(**changes) -> Note:
    return Note.objects.create(**{"phone": "13800138000", "text": "双肺磨玻璃影", "findings": {"肺": [1, 2]}} | changes)


def stored(note: Note, column: str):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM sealed_tests_note WHERE id = %s", [note.id])  # noqa: S608
        return cursor.fetchone()[0]


def put(note: Note, column: str, data: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE sealed_tests_note SET {column} = %s WHERE id = %s", [data, note.id])  # noqa: S608


def held(note: Note, name: str):
    return note.__dict__[name]


def test_reads_back_what_was_written():
    note = Note.objects.get(id=a_note().id)
    assert (note.phone, note.text, note.extra, note.findings) == ("13800138000", "双肺磨玻璃影", None, {"肺": [1, 2]})


def test_the_table_holds_no_plain_text():
    note = a_note(phone="13800138000")
    assert b"13800138000" not in bytes(stored(note, "phone"))
    assert "磨玻璃".encode() not in bytes(stored(note, "text"))


def test_equal_values_look_different():
    assert stored(a_note(), "phone") != stored(a_note(), "phone")


def test_opens_only_when_read():
    note = Note.objects.get(id=a_note().id)
    assert isinstance(held(note, "phone"), Sealed)
    assert note.phone == "13800138000"
    assert held(note, "phone") == "13800138000"
    assert isinstance(held(note, "text"), Sealed)


def test_saving_an_unread_value_keeps_its_bytes():
    note = Note.objects.get(id=a_note().id)
    before = stored(note, "phone")
    note.title = "new"
    note.save()
    assert stored(note, "phone") == before


def test_a_changed_document_is_saved():
    note = Note.objects.get(id=a_note().id)
    note.findings["心"] = "正常"
    note.save()
    assert Note.objects.get(id=note.id).findings == {"肺": [1, 2], "心": "正常"}


def test_blank_is_stored_as_nothing():
    note = a_note(text="", findings={})
    assert bytes(stored(note, "text")) == b""
    fresh = Note.objects.get(id=note.id)
    assert (fresh.text, fresh.findings) == ("", {})


def test_defaults_are_blank_and_not_shared():
    one, other = Note(), Note()
    one.findings["a"] = 1
    assert (other.findings, other.text, other.extra) == ({}, "", None)


def test_bulk_create():
    made = Note.objects.bulk_create([Note(phone=str(number), extra="x") for number in range(20)])
    assert {note.phone for note in Note.objects.all()} == {note.phone for note in made}


def test_get_or_create_and_update_or_create():
    note, made = Note.objects.update_or_create(id=ids.new_id(), defaults={"phone": "1"})
    assert made
    Note.objects.update_or_create(id=note.id, defaults={"phone": "2"})
    assert Note.objects.get_or_create(id=note.id)[0].phone == "2"


def test_refresh_from_db():
    note = a_note()
    changed = Note.objects.get(id=note.id)
    changed.phone = "139"
    changed.save()
    note.refresh_from_db()
    assert note.phone == "139"


def test_deferred_fields_load_once():
    note = Note.objects.only("title").get(id=a_note().id)
    with CaptureQueriesContext(connection) as queries:
        assert (note.phone, note.phone) == ("13800138000", "13800138000")
    assert len(queries) == 1


def test_saving_leaves_deferred_fields_alone():
    note = Note.objects.defer("phone").get(id=a_note().id)
    before = stored(note, "phone")
    note.save()
    assert stored(note, "phone") == before


def test_values_give_a_sealed_value_that_opens_with_its_key():
    note = a_note(text="")
    row = Note.objects.values("id", "phone", "text", "extra", "findings").get()
    assert row["phone"].open(row["id"]) == row["phone"].open(str(note.id)) == "13800138000"
    assert (row["text"].open(note.id), row["findings"].open(note.id), row["extra"]) == ("", {"肺": [1, 2]}, None)
    assert "138" not in repr(row)
    with pytest.raises(Unplaced):
        row["phone"].open()
    with pytest.raises(Unreadable):
        row["phone"].open(ids.new_id())
    assert Note.objects.values_list("phone", flat=True).get().open(note.id) == "13800138000"


def test_a_copy_under_a_new_key_reads_the_same():
    original = a_note()
    note = Note.objects.get(id=original.id)
    note.pk, note._state.adding = ids.new_id(), True
    note.save()
    copied = Note.objects.get(id=note.pk)
    assert copied.id != original.id
    assert (copied.phone, copied.findings) == (original.phone, original.findings)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])  # noqa: S301
def test_copies_and_pickles(duplicate):
    note = Note.objects.get(id=a_note(text="").id)
    twin = Note()
    twin.__dict__.update(duplicate(note.__getstate__()))
    assert isinstance(held(twin, "phone"), Sealed)
    assert (twin.phone, twin.text, twin.findings) == ("13800138000", "", {"肺": [1, 2]})


def test_a_pickle_of_an_unread_row_is_ciphertext():
    note = Note.objects.get(id=a_note().id)
    assert b"13800138000" not in pickle.dumps(note.__getstate__())


@pytest.mark.parametrize("column", ["phone", "text", "findings"])
def test_a_changed_byte_is_noticed(column):
    note = a_note()
    data = bytearray(stored(note, column))
    data[-1] ^= 1
    put(note, column, bytes(data))
    with pytest.raises(Unreadable):
        getattr(Note.objects.get(id=note.id), column)


def test_a_value_moved_to_another_row_is_noticed():
    one, other = a_note(phone="1"), a_note(phone="2")
    put(other, "phone", bytes(stored(one, "phone")))
    with pytest.raises(Unreadable):
        _ = Note.objects.get(id=other.id).phone


def test_a_value_moved_to_another_column_is_noticed():
    note = a_note()
    put(note, "text", bytes(stored(note, "phone")))
    with pytest.raises(Unreadable):
        _ = Note.objects.get(id=note.id).text


def test_a_value_that_may_not_be_blank_cannot_be_emptied_unnoticed():
    note = a_note()
    put(note, "phone", b"")
    with pytest.raises(Unreadable):
        _ = Note.objects.get(id=note.id).phone


def test_the_database_cannot_be_asked_about_the_content():
    for lookup in ("phone", "phone__startswith", "findings__肺"):
        with pytest.raises(FieldError):
            Note.objects.filter(**{lookup: "1"})
    assert not Note.objects.filter(extra__isnull=False).exists()


def test_ways_past_the_row_are_refused():
    note = a_note()
    with pytest.raises(PlainRefused):
        Note.objects.update(phone="139")
    note.phone = "139"
    with pytest.raises(PlainRefused), transaction.atomic():
        Note.objects.bulk_update([note], ["phone"])
    with pytest.raises(FieldError):
        serializers.serialize("json", [note])


def test_update_may_blank_a_column():
    a_note()
    Note.objects.update(text="", extra=None)
    assert Note.objects.get().text == ""


def test_forms():
    form_class = modelform_factory(Note, fields=["phone", "text", "extra", "findings"])
    note = Note.objects.get(id=a_note().id)
    assert model_to_dict(note)["phone"] == "13800138000"
    assert 'value="13800138000"' in str(form_class(instance=note)["phone"])
    assert "<textarea" in str(form_class(instance=note)["text"])
    form = form_class({"phone": "139", "text": "", "extra": "", "findings": '{"a": 1}'}, instance=note)
    assert form.is_valid(), form.errors
    form.save()
    fresh = Note.objects.get(id=note.id)
    assert (fresh.phone, fresh.text, fresh.extra, fresh.findings) == ("139", "", None, {"a": 1})
    assert not form_class({"phone": "1" * 21}).is_valid()


def test_model_validation():
    with pytest.raises(ValidationError):
        Note(title="t", phone="").full_clean()
    with pytest.raises(ValidationError):
        Note(title="t", phone="1", findings={"a": object()}).full_clean()
    Note(title="t", phone="1").full_clean()
