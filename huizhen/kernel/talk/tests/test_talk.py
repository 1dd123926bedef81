from io import BytesIO
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image

from huizhen.kernel import files, outbox, talk
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.talk.models import Message, ReadMark
from huizhen.kernel.talk.tests.conftest import MONDAY


def say(room, actor, body="你好", client_id="", **given):
    client_id = client_id or uuid4().hex
    return talk.post(room.case_id, actor=actor, at=MONDAY, body=body, client_id=client_id, **given)


def bodies(room, audience="staff", **given):
    return [line.body for line in talk.list_messages(room.case_id, audience=audience, **given)]


def test_messages_are_numbered_per_case_and_listed_from_a_cursor(room):
    assert [say(room, room.anna, text).number for text in ("一", "二", "三")] == [1, 2, 3]
    assert bodies(room, after=1) == ["二", "三"]
    assert bodies(room, limit=2) == ["一", "二"]


def test_the_body_is_sealed_in_the_database(room):
    message = say(room, room.anna, "血压 180")
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM kernel_message WHERE id = %s", [message.id])
        assert "血压".encode() not in bytes(cursor.fetchone()[0])
    assert bodies(room) == ["血压 180"]


def test_a_retry_stores_nothing_twice(room):
    first = say(room, room.anna, "一次", client_id="a1")
    again = say(room, room.anna, "一次", client_id="a1")
    other = say(room, room.bela, "别人的", client_id="a1")
    assert (again.id, again.number) == (first.id, 1)
    assert other.number == 2


def test_a_notice_of_the_house_has_no_sender_and_is_stored_once(room):
    for _ in range(2):
        say(room, SYSTEM, "专家已加入", kind="system", client_id="joined-1")
    (line,) = talk.list_messages(room.case_id, audience="staff")
    assert (line.sender_id, line.sender_name, line.kind) == (None, "", "system")


def test_who_sees_what(room):
    for audience in ("patient", "staff", "team"):
        say(room, room.anna, audience, audience=audience)
    assert bodies(room, "patient") == ["patient"]
    assert bodies(room, "staff") == ["patient", "staff"]
    assert bodies(room, "team") == ["patient", "staff", "team"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"body": "  "}, talk.Empty),
        ({"body": "字" * 4001}, talk.TooLong),
        ({"body": "看图", "kind": "picture"}, talk.Empty),
        ({"body": "", "attachments": [uuid4() for _ in range(10)]}, talk.TooLong),
        ({"body": "附件", "attachments": [uuid4()]}, talk.BadAttachment),
        ({"body": "x", "kind": "shout"}, ValueError),
    ],
)
def test_what_cannot_be_said(room, given, refusal):
    with pytest.raises(refusal):
        say(room, room.anna, **given)
    assert bodies(room) == []


def a_picture(actor):
    drawing = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(drawing, "PNG")
    return files.store("片子.png", drawing.getvalue(), actor=actor, at=MONDAY, purpose="attachment")


def test_pictures_are_attached_in_order_and_vanish_when_taken_back(room):
    first, second = a_picture(room.anna), a_picture(room.anna)
    message = say(room, room.anna, "", kind="picture", attachments=[second.id, first.id])
    (line,) = talk.list_messages(room.case_id, audience="staff")
    assert [file.file_id for file in line.attachments] == [second.id, first.id]
    assert (line.attachments[0].media_type, line.attachments[0].size) == ("image/png", second.size)
    talk.retract(message.id, actor=room.anna, at=MONDAY)
    assert talk.list_messages(room.case_id, audience="staff")[0].attachments == ()


def test_nobody_attaches_what_somebody_else_uploaded(room):
    with pytest.raises(talk.BadAttachment):
        say(room, room.bela, "看这个", attachments=[a_picture(room.anna).id])


def test_taking_back_leaves_a_mark_and_keeps_the_words_sealed(room):
    message = say(room, room.anna, "说错了")
    talk.retract(message.id, actor=room.anna, at=MONDAY)
    talk.retract(message.id, actor=room.anna, at=MONDAY)
    (line,) = talk.list_messages(room.case_id, audience="staff")
    assert (line.body, line.retracted_at, line.number) == ("", MONDAY, 1)
    assert Message.objects.get(id=message.id).body == "说错了"


def test_only_the_sender_takes_back(room):
    message = say(room, room.anna)
    with pytest.raises(NotAllowed):
        talk.retract(message.id, actor=room.bela, at=MONDAY)
    with pytest.raises(NotVisible):
        talk.retract(uuid4(), actor=room.bela, at=MONDAY)


def test_changes_since_a_cursor_show_what_was_taken_back(room):
    message = say(room, room.anna, "一")
    seen = say(room, room.bela, "二").cursor
    talk.retract(message.id, actor=room.anna, at=MONDAY)
    (change,) = talk.list_changes(room.case_id, audience="staff", after=seen)
    assert (change.number, change.body, change.cursor) == (1, "", seen + 1)
    assert talk.list_changes(room.case_id, audience="staff", after=change.cursor) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kernel_message SET number = 7",
        "UPDATE kernel_message SET body = '\\x00'",
        "UPDATE kernel_message SET audience = 'patient', retracted_at = at",
        "UPDATE kernel_message SET cursor = 9",
        "DELETE FROM kernel_message",
    ],
)
def test_the_database_lets_nobody_change_a_message(room, change):
    say(room, room.anna, audience="team")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_what_was_taken_back_stays_so(room):
    message = say(room, room.anna)
    talk.retract(message.id, actor=room.anna, at=MONDAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.filter(id=message.id).update(retracted_at=None)


def test_read_marks_go_forward_only_and_not_beyond_the_last(room):
    for _ in range(3):
        say(room, room.anna)
    for number, kept in ((2, 2), (1, 2), (99, 3)):
        talk.mark_read(room.case_id, actor=room.bela, number=number, at=MONDAY)
        assert talk.list_read_marks(room.case_id) == {room.bela.account_id: kept}


def test_reading_a_conversation_without_messages_marks_nothing(room):
    talk.mark_read(room.case_id, actor=room.bela, number=5, at=MONDAY)
    assert not ReadMark.objects.exists()


def test_unread_are_the_others_words_that_still_stand(room):
    def unread(actor, audience="staff"):
        return talk.count_unread(room.case_id, account_id=actor.account_id, audience=audience)

    taken_back = say(room, room.anna)
    say(room, room.anna)
    say(room, room.anna, audience="team")
    talk.retract(taken_back.id, actor=room.anna, at=MONDAY)
    assert (unread(room.anna), unread(room.bela), unread(room.bela, "team")) == (0, 1, 2)
    talk.mark_read(room.case_id, actor=room.bela, number=2, at=MONDAY)
    assert (unread(room.bela), unread(room.bela, "team")) == (0, 1)


def test_posting_tells_the_house(room, monkeypatch):
    heard = []
    monkeypatch.setitem(outbox.EVENT_HANDLERS, "talk.posted", [f"{__name__}:hear"])
    globals()["hear"] = heard.append
    message = say(room, room.anna, audience="patient")
    outbox.run_pending(MONDAY.replace(year=2099))
    assert heard == [
        {
            "event": "talk.posted",
            "case": str(room.case_id),
            "message": str(message.id),
            "number": 1,
            "audience": "patient",
        }
    ]


def test_a_page_of_a_conversation_costs_few_queries(room, django_assert_max_num_queries):
    for _ in range(10):
        say(room, room.anna)
    with django_assert_max_num_queries(2):
        assert len(bodies(room)) == 10
