"""The intake process, with simulated instruments on real sockets, a real serial pair and real files."""

import asyncio
import contextlib
import os
import pty
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from huizhen.kernel import clock, outbox
from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import actions, effects, fakes, ports, reading, replay
from huizhen.lab.instruments.codecs import astm_frames, hl7, mllp
from huizhen.lab.instruments.fakes import workbook
from huizhen.lab.instruments.in_use import get_profile
from huizhen.lab.instruments.intake import process, serial_line
from huizhen.lab.instruments.models import Instrument, LinkState, OrderDownload, RawMessage, State
from huizhen.lab.instruments.tests.conftest import HOST, free_port
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.tests.builders import make_lab


async def stored():
    """Every payload, as another process would see them."""

    def look():
        try:
            return [message.payload for message in RawMessage.objects.order_by("id")]
        finally:
            connection.close()

    return await asyncio.to_thread(look)


def test_hl7_is_kept_before_it_is_acknowledged_however_it_comes(intake, settings):
    intake.add(name="PCR", profile="hl7", identity="SIMPCR")
    moods = ["", "no_vt,nuls,crumbs", "late_cr,together", "resend", "cut"]  # test_moods has them all, to their end

    async def story(running):
        for number, words in enumerate(moods):
            named = fakes.check_moods([word for word in words.split(",") if word])
            messages = [fakes.hl7_message([f"T-{number}-{half}"], named) for half in range(2)]
            answers = await fakes.send_mllp(HOST, settings.MLLP_PORT, messages, named)
            assert {answer.segments[1][1] for answer in answers} == {"AA"}, words
            assert set(messages) <= set(await stored()), words

    intake(story)
    assert RawMessage.objects.filter(state=State.KEPT).count() == 2 * len(moods)
    assert list(RawMessage.objects.filter(state=State.SET_ASIDE).values_list("problems", flat=True)) == [["cut_off"]]
    assert RawMessage.objects.filter(repeats=1).count() == 2


BEDSIDE = "PID|1\rORC|NW\rOBR|1||K-{n}|GLU\rOBX|1|NM|GLU||5.9|mmol/L||N|||F\r"
RELEASE_2 = """
name = "poct"
title = "A bedside device that speaks MLLP release 2"
version = 1
protocol = "hl7"
[link]
framing = "mllp2"
"""
# MSH-15 and MSH-16, and what is said when the bytes are on disk (HL7 2.9 chapter 2, table 0155).
CONDITIONS = {
    ("", ""): ["AA"], ("AL", "NE"): ["CA"], ("NE", "AL"): ["AA"], ("AL", "AL"): ["CA", "AA"], ("SU", "SU"): ["CA", "AA"],
    ("ER", "AL"): ["AA"], ("SU", "ER"): ["CA"], ("ER", "ER"): [], ("NE", "NE"): [],
}  # fmt: skip


def bedside(number, event, accept, application, device):
    """An ORU^R30 (an order is to be made) or ORU^R32 (it was made before), as devices at the bedside send them."""
    head = f"MSH|^~\\&|{device}|W3|||20260504||ORU^{event}^ORU_R30|{number}|P|2.5.1|||{accept}|{application}\r"
    return (head + BEDSIDE.format(n=f"{device}-{number}")).encode()


async def say_and_hear(port, message, wanted):
    """Send a message; the blocks that come back. With each, what is stored by then."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(mllp.frame(message))
    heard, deframer = [], mllp.Deframer()
    while len(heard) < wanted:
        data = await reader.read(65536)
        assert message in await stored(), "acknowledged, and not on disk"
        heard += deframer.feed(data)
    while message not in await stored():
        await asyncio.sleep(0.01)
    writer.write_eof()
    assert await reader.read() == b"", "more was said than was asked for"
    await fakes.sending.hang_up(writer)
    return heard


def test_bedside_messages_are_acknowledged_as_each_asks_in_both_releases_of_mllp(intake, settings):
    one = intake.add(name="POC 1", profile="hl7", identity="POCONE")
    two = intake.add(name="POC 2", profile="poct", identity="POCTWO")
    place = two.organisation_id
    seen = replay.name_seen([], None, RELEASE_2, place)
    actions.save_profile(two, RELEASE_2, owner=place, seen=seen, actor=SYSTEM, at=clock.now())

    async def story(running):
        for number, ((accept, application), codes) in enumerate(CONDITIONS.items()):
            for device, commits in (("POCONE", 0), ("POCTWO", 1)):
                event = ("R30", "R32")[number % 2]
                message = bedside(number, event, accept, application, device)
                heard = await say_and_hear(settings.MLLP_PORT, message, commits + len(codes))
                assert [block.commit for block in heard[:commits]] == [True] * commits
                answers = [hl7.parse(block.content) for block in heard[commits:]]
                assert [answer.segments[1][1:3] for answer in answers] == [[code, str(number)] for code in codes]
                assert {answer.raw(answer.header, 9) for answer in answers} <= {f"ACK^{event}^ACK"}

    intake(story)
    for device in (one, two):
        kept = RawMessage.objects.filter(instrument=device, state=State.KEPT).order_by("id")
        assert kept.count() == len(CONDITIONS)
        for number, message in enumerate(kept):
            [found] = reading.read(bytes(message.payload), get_profile(device)).readings
            assert (found.specimen, found.test, found.value, found.unit) == (
                f"K-{device.identity}-{number}", "GLU", "5.9", "mmol/L",
            )  # fmt: skip


def test_astm_is_kept_however_it_comes(intake, settings):
    intake.add(name="Chem", profile="astm", identity="SIMCHEM")
    moods = ["", "crumbs,wrong_checksum", "together", "repeat_frame,short_frames,keep_alive", "cut"]

    async def story(running):
        for number, words in enumerate(moods):
            named = fakes.check_moods([word for word in words.split(",") if word])
            message = fakes.astm_message([f"S-{number}"], named)
            assert await fakes.send_astm(HOST, settings.ASTM_PORT, [message], named), words
            assert message in await stored(), words

    intake(story)
    assert RawMessage.objects.filter(state=State.KEPT).count() == len(moods)
    assert list(RawMessage.objects.filter(state=State.SET_ASIDE).values_list("problems", flat=True)) == [["cut_off"]]


def test_an_unknown_sender_is_kept_and_what_is_no_hl7_is_refused_and_kept(intake, settings):
    intake.add(name="PCR", profile="hl7", identity="ELSEWHERE")

    async def story(running):
        await fakes.send_mllp(HOST, settings.MLLP_PORT, [fakes.hl7_message(["T-1"])])
        reader, writer = await asyncio.open_connection(HOST, settings.MLLP_PORT)
        writer.write(mllp.frame(b"hello"))
        assert b"MSA|AR" in await reader.readuntil(mllp.FS)
        writer.close()

    intake(story)
    found = RawMessage.objects.order_by("id")
    assert [message.state for message in found] == [State.UNCLAIMED] * 2
    assert [message.sender for message in found] == ["127.0.0.1 SIMPCR LAB", "127.0.0.1"]


def test_questions_are_answered_with_the_orders_of_that_specimen(intake, settings, monkeypatch):
    intake.add(name="PCR", profile="hl7", identity="SIMPCR")
    intake.add(name="Chem", profile="astm", identity="SIMCHEM")
    orders = {"T-1": (ports.Order("T-1", "GLU", "Glucose", "SER"), ports.Order("T-1", "K"))}
    monkeypatch.setattr(ports.installed, "orders", lambda specimen, *, organisation_id: orders.get(specimen, ()))

    async def story(running):
        for tube, state, tests in (("T-1", "OK", ["GLU", "K"]), ("T-9", "NF", [])):
            [answer] = await fakes.send_mllp(HOST, settings.MLLP_PORT, [fakes.hl7_query(tube)])
            assert answer.first("QAK")[2] == state
            assert [answer.text(one, 4) for one in answer.segments if one[0] == "OBR"] == tests
            line = fakes.AstmLine(*await asyncio.open_connection(HOST, settings.ASTM_PORT))
            assert await line.send(fakes.astm_query(tube))
            said = (await line.receive()).decode()
            assert ("^^^GLU\\^^^K" in said, f"L|1|{'N' if tests else 'I'}" in said) == (bool(tests), True)
            await line.close()

    intake(story)
    assert set(RawMessage.objects.values_list("state", flat=True)) == {State.ANSWERED}


def test_we_call_a_device_listen_on_a_serial_line_and_watch_a_folder(intake, tmp_path):
    master, slave = pty.openpty()
    port = free_port()
    folder = tmp_path / "results"
    folder.mkdir()
    called = intake.add(name="Called", profile="astm", link="called", address=f"{HOST}:{port}")
    serial = intake.add(name="Serial", profile="arkray-spotchem-el", link="serial", address=os.ttyname(slave))
    watched = intake.add(name="Files", profile="pcr-sheet", link="folder", address=str(folder))
    message = fakes.astm_message(["S-1"])

    async def device(reader, writer):
        await fakes.AstmLine(reader, writer).send(message)

    async def story(running):
        (folder / "run.xlsx").write_bytes(workbook([["Sample", "Target", "Result"], [1001, "N", "阴性"]]))
        server = await asyncio.start_server(device, HOST, port)
        while len(await stored()) < 3:
            os.write(master, b"\x0224/10/29 13:08 ID# D42 Na 131 mmol/L\x03\n")
            await asyncio.sleep(0.05)
        server.close()

    intake(story)
    assert {message.instrument_id: message.state for message in RawMessage.objects.all()} == dict.fromkeys(
        (called.id, serial.id, watched.id), State.KEPT
    )
    assert set(Instrument.objects.values_list("link_state", flat=True)) <= {LinkState.OPEN, LinkState.CLOSED}
    os.close(master)
    os.close(slave)


def test_a_serial_line_that_is_pulled_out_ends_as_a_socket_does_and_the_next_one_hears():
    async def pull_and_plug():
        for turn in range(2):
            master, slave = pty.openpty()
            reader, writer = await serial_line.connect(os.ttyname(slave))
            os.write(master, b"%d" % turn)
            assert await reader.readexactly(1) == b"%d" % turn
            os.close(master)
            os.close(slave)
            with contextlib.suppress(OSError):
                assert await reader.read(1) == b""
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    asyncio.run(pull_and_plug())


def test_what_a_box_brings_is_ordered_once_where_wanted_and_enq_against_enq_is_the_instruments_to_win(intake, settings):
    lab = make_lab()
    chem = {"profile": "astm", "identity": "SIMCHEM", "organisation": lab.laboratory}
    intake.add(name="Chem", wants_orders=True, **chem)
    intake.add(name="Old", wants_orders=True, is_active=False, **chem)
    intake.add(name="Other", profile="astm", identity="SIMHAEM", organisation=lab.laboratory)
    intake.add(name="Elsewhere", profile="astm", identity="SIMELSE", wants_orders=True)
    tube = lab.collect(barcode="T-0001")
    box = specimens.seal_box(lab.site, code="BOX-01", barcodes=[tube.barcode], actor=lab.collector, at=clock.now())
    specimens.receive_box(box, barcodes=[tube.barcode], actor=lab.bench, at=clock.now())
    outbox.run_pending(clock.now())
    effects.send_orders({"laboratory": str(lab.laboratory.id), "barcodes": [tube.barcode]})

    async def story(running):
        line = fakes.AstmLine(*await asyncio.open_connection(HOST, settings.ASTM_PORT))
        assert await line.send(fakes.astm_message(["S-1"]))
        await running._follow()
        assert await line.send(fakes.astm_message(["S-2"]), frozenset({"contention"}))
        [running_line] = running.lines
        while not (steps := running_line.talk.tick(process.time.monotonic() + 21)):
            await asyncio.sleep(0.01)
        running_line._writer.write(steps[0].data)
        assert b"O|1|T-0001||^^^NCOV" in await line.receive()
        await line.close()
        while running.lines:
            await asyncio.sleep(0.01)

    intake(story)
    assert list(OrderDownload.objects.values_list("state", "tries")) == [("sent", 1)]


WAITING = """
    SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted
    WHERE a.datname = current_database() AND a.query LIKE '%INSERT INTO lab_rawmessage%'
"""


def waiting_writer(beside=None):
    """The backend that waits to store, as soon as there is one other than `beside`."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            found = [pid for (pid,) in cursor.fetchall() if pid != beside]
        if found:
            return found[0]


def test_nothing_is_acknowledged_that_is_not_stored(intake, settings):
    """The table is locked, then the writer's connection is killed: no acknowledgement until the bytes are on disk."""
    intake.add(name="Chem", profile="astm", identity="SIMCHEM")

    def lock():
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE lab_rawmessage IN EXCLUSIVE MODE")

    def unlock():
        connection.rollback()
        connection.close()

    def kill_the_writer():
        writer = waiting_writer()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [writer])
        waiting_writer(beside=writer)
        connection.close()

    async def story(running):
        locking, loop = ThreadPoolExecutor(1), asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(HOST, settings.ASTM_PORT)
        await loop.run_in_executor(locking, lock)
        writer.write(astm_frames.ENQ + b"".join(astm_frames.frames(fakes.astm_message(["S-1"]), whole=True)))
        assert await reader.readexactly(1) == astm_frames.ACK
        await asyncio.to_thread(kill_the_writer)
        assert not reader._buffer
        await loop.run_in_executor(locking, unlock)
        assert await reader.readexactly(1) == astm_frames.ACK
        assert len(await stored()) == 1
        writer.close()

    intake(story)
