"""Rotation: every cell ends under the new key, whatever happens on the way."""

import pytest
from django.db import ProgrammingError, connection

from huizhen.kernel.crypto import rotation
from huizhen.kernel.crypto.rotation import Rotation, _table, rotate
from huizhen.kernel.crypto.tests.tables import Line, Note

OLD, NEW = "old:" + "aa" * 32, "new:" + "bb" * 32
ENCRYPTED = [Note._meta.get_field(name) for name in ("phone", "text", "extra", "findings")]


@pytest.fixture
def lines(db, settings):
    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(Line)
    for trigger in Line._meta.triggers:
        trigger.register(Line)
        trigger.install(Line)
    settings.KEY_RING = [OLD]
    yield [Line.objects.create(text=str(number)) for number in range(3)]
    for trigger in Line._meta.triggers:
        trigger.unregister(Line)


@pytest.fixture
def notes(note_table, settings):
    settings.KEY_RING = [OLD]
    made = [Note.objects.create(phone=str(number), text="x" if number % 2 else "") for number in range(25)]
    settings.KEY_RING = [NEW, OLD]
    return made


def run(**options) -> Rotation:
    result = Rotation()
    rotate(_table(Note, ENCRYPTED), result, **options)
    return result


def test_everything_opens_without_the_old_key(notes, settings):
    result = run(batch=4)
    assert (result.done, result.left, result.unreadable) == (25 + 12, 0, [])
    settings.KEY_RING = [NEW]
    assert [note.phone for note in Note.objects.order_by("id")] == [str(number) for number in range(25)]
    assert {note.text for note in Note.objects.all()} == {"", "x"}


def test_a_second_run_finds_nothing_to_do(notes):
    run()
    assert run().done == 0


def test_killed_and_started_again(notes, settings, monkeypatch):
    batches = []

    def power_cut(*arguments):
        batches.append(1)
        if len(batches) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    real = rotation._unprotected
    monkeypatch.setattr(rotation, "_unprotected", power_cut)
    with pytest.raises(KeyboardInterrupt):
        run(batch=5)
    assert run(batch=5).left == 0
    settings.KEY_RING = [NEW]
    assert Note.objects.get(id=notes[0].id).phone == "0"


def test_a_cell_that_does_not_open_is_named_and_does_not_stop_the_rest(notes):
    with connection.cursor() as cursor:
        damaged = b"\x01\x01\x03old" + b"z" * 40
        cursor.execute("UPDATE sealed_tests_note SET phone = %s WHERE id = %s", [damaged, notes[3].id])
    result = run(batch=5)
    assert result.unreadable == [f"sealed_tests_note.phone {notes[3].id}"]
    assert (result.done, result.left) == (24 + 12, 0)


def test_a_changed_cipher_rotates_too(notes, settings):
    run()
    settings.CIPHER = "sm4"
    assert run().done == 25 + 12
    assert Note.objects.get(id=notes[1].id).text == "x"


def test_append_only_tables_are_rotated_and_stay_append_only(lines, settings):
    settings.KEY_RING = [NEW, OLD]
    result = Rotation()
    rotate(_table(Line, [Line._meta.get_field("text")]), result)
    assert (result.done, result.left) == (3, 0)
    settings.KEY_RING = [NEW]
    assert Line.objects.get(id=lines[2].id).text == "2"
    with pytest.raises(ProgrammingError, match="Cannot update"):
        lines[0].save()
