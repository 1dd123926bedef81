"""Intake never stops because of one message: what is at fault is kept as far as it goes, everything else as it came;
and a process that cannot keep anything any more ends."""

import asyncio
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from huizhen.lab.instruments import actions, fakes
from huizhen.lab.instruments.codecs import astm_frames, mllp
from huizhen.lab.instruments.intake import desk, folders, process
from huizhen.lab.instruments.intake.folders import written_name
from huizhen.lab.instruments.models import Link, LinkState, RawMessage, State
from huizhen.lab.instruments.tests.conftest import HOST
from huizhen.lab.instruments.tests.test_files import comes

CSV = "样本编号,项目,结果\n{},N,21.5\n"


@pytest.fixture
def quick(monkeypatch):
    """Folders are looked at without waiting."""
    for module, name, value in ((process, "LOOK_SECONDS", 0.03), (folders, "REST_SECONDS", 0.05),
                                (folders, "PUT_OFF_SECONDS", 0.1)):  # fmt: skip
        monkeypatch.setattr(module, name, value)


def put(folder, name, specimen):
    with open(os.fsencode(folder) + b"/" + name, "wb") as file:
        file.write(CSV.format(specimen).encode())


def test_a_file_whose_name_is_in_gb18030_stops_nothing_and_its_name_is_read(intake, tmp_path, quick, settings):
    intake.add(name="Files", profile="pcr-sheet", link="folder", address=str(tmp_path))
    intake.add(name="PCR", profile="hl7", identity="SIMPCR")

    async def story(running):
        put(tmp_path, "核酸结果".encode("gb18030") + b".csv", "T-1")
        put(tmp_path, b"\xff\xfe.csv", "T-2")
        put(tmp_path, "结果.csv".encode(), "T-3")
        await comes(3)
        assert len(await fakes.send_mllp(HOST, settings.MLLP_PORT, [fakes.hl7_message(["T-4"])])) == 1

    intake(story)
    found = {bytes(row.payload): row.peer for row in RawMessage.objects.filter(protocol="sheet")}
    assert found[CSV.format("T-1").encode()] == "核酸结果.csv"
    assert found[CSV.format("T-2").encode()].endswith(".csv")
    assert found[CSV.format("T-3").encode()] == "结果.csv"
    assert set(RawMessage.objects.values_list("state", flat=True)) == {State.KEPT}


def test_whatever_bytes_a_name_holds_it_can_be_written_down(tmp_path):
    for name in (b"\xff", b"\x81", "张三".encode("gbk"), "张三".encode(), b"plain"):
        assert written_name(tmp_path / os.fsdecode(name)).encode()


def test_a_message_that_cannot_be_stored_as_it_is_is_kept_with_plain_names_and_the_others_as_they_came(instrument):
    good = desk.Received(str(instrument.id), instrument.id, "hl7", "10.0.0.7", b"one", desk.clock.now(), State.KEPT)
    bad = [replace(good, payload=b"%d" % number, peer=peer)
           for number, peer in enumerate(("a\udcb5\x00b", "x" * 900))]  # fmt: skip
    plain = [desk.made_plain(one) for one in bad]
    assert (plain[0].peer, len(plain[1].peer)) == ("a??b", 200)
    assert len(actions.keep_messages([good, *plain], at=good.at)) == 3


@pytest.fixture
def picky(monkeypatch):
    """Storage that does not take what holds `poison`, whatever it is called."""
    whole = desk.actions.keep_messages

    def keep(batch, *, at):
        if any(b"poison" in one.payload for one in batch):
            raise ValueError("poison")
        return whole(batch, at=at)

    monkeypatch.setattr(desk.actions, "keep_messages", keep)


def test_what_cannot_be_stored_at_all_is_not_acknowledged_and_holds_up_no_other(
    intake, settings, tmp_path, quick, picky
):
    intake.add(name="PCR", profile="hl7", identity="SIMPCR")
    intake.add(name="Files", profile="pcr-sheet", link="folder", address=str(tmp_path))

    async def story(running):
        put(tmp_path, b"a.csv", "poison")
        put(tmp_path, b"b.csv", "T-1")
        reader, writer = await asyncio.open_connection(HOST, settings.MLLP_PORT)
        good = [fakes.hl7_message([one]) for one in ("T-2", "T-3")]
        writer.write(b"".join(map(mllp.frame, (good[0], fakes.hl7_message(["poison"]), good[1]))))
        said = await reader.read()
        assert said.count(b"MSA|AA") == 1, "the first; then the line ends"
        writer.close()
        assert len(await fakes.send_mllp(HOST, settings.MLLP_PORT, [good[1]])) == 1
        assert set(await comes(3)) == {*good, CSV.format("T-1").encode()}
        assert {task.done() for _, task in running._own.values()} == {False}

    intake(story)


def test_the_process_ends_when_nothing_is_stored_any_more_and_nobody_was_told_otherwise(intake, settings, monkeypatch):
    intake.add(name="Chem", profile="astm", identity="SIMCHEM")

    async def dies(self, gathering):
        raise RuntimeError("the storing task is dead")

    monkeypatch.setattr(desk.Desk, "_store", dies)

    async def story(running):
        reader, writer = await asyncio.open_connection(HOST, settings.ASTM_PORT)
        writer.write(astm_frames.ENQ + b"".join(astm_frames.frames(fakes.astm_message(["S-1"]), whole=True)))
        assert await reader.read() == astm_frames.ACK, "the ENQ; not the message"
        writer.close()

    with pytest.raises(process.Broken) as broken:
        intake(story)
    assert str(broken.value.__cause__) == "the storing task is dead"
    assert not RawMessage.objects.exists()


def test_a_line_of_our_own_that_fails_by_a_fault_of_ours_is_tried_again(intake, tmp_path, quick, monkeypatch):
    intake.add(name="Files", profile="pcr-sheet", link="folder", address=str(tmp_path))
    whole, calls = folders.Watch.look, []

    def look(self, at):
        calls.append(at)
        if len(calls) == 1:
            raise KeyError("a fault of ours")
        return whole(self, at)

    monkeypatch.setattr(folders.Watch, "look", look)

    async def story(running):
        put(tmp_path, b"a.csv", "T-1")
        await comes(1)

    intake(story)
    assert len(calls) > 1


def test_a_line_that_stays_shut_is_said_once_for_each_reason_and_shown_all_the_time(monkeypatch):
    reasons, shown, said = iter(["refused", "refused", "no route", "no route", ""]), [], []

    async def dial(_one):
        if reason := next(reasons):
            raise OSError(reason)
        raise asyncio.CancelledError

    async def note(_one, state):
        shown.append(state)

    intake = process.Intake()
    monkeypatch.setattr(intake, "_dial", dial)
    monkeypatch.setattr(intake, "_note", note)
    monkeypatch.setattr(process, "LONGEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(process.log, "warning", lambda _words, **facts: said.append(facts["error"]))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(intake._again_and_again(SimpleNamespace(id=1, link=Link.CALLED)))
    assert said == ["refused", "no route"]
    assert shown == [LinkState.FAILING] * 4
