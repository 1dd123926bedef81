"""Files of results: tables with merged cells and text numbers, half a file, the same again, other content."""

import asyncio
import os
from pathlib import Path

from huizhen.lab.instruments import profile, reading
from huizhen.lab.instruments.fakes import workbook
from huizhen.lab.instruments.intake import folders, process
from huizhen.lab.instruments.intake.folders import GIVE_UP_SECONDS, Watch
from huizhen.lab.instruments.models import RawMessage, State
from huizhen.lab.instruments.tests.test_intake import stored

ROWS = [
    ["样本编号", "项目", "结果"],
    ["T-1", "ORF1ab", "阴性"],
    ["", "N", 21.5],
    [20230001, "N", "21.50"],
    ["'0042", "N", 1e-3],
]
READ = [("T-1", "ORF1ab", "阴性"), ("T-1", "N", "21.5"), ("20230001", "N", "21.50"), ("0042", "N", "0.001")]


def test_merged_cells_hold_for_all_their_rows_and_numbers_are_taken_as_written():
    found = reading.read(workbook(ROWS, ["A2:A3"]), profile.shipped("pcr-sheet"))
    assert [(one.specimen, one.test, one.value) for one in found.readings] == READ
    assert found.problems == ()


def test_a_file_is_taken_when_it_is_whole_and_at_rest(tmp_path):
    whole, watch, file = workbook(ROWS), Watch(tmp_path), tmp_path / "run.xlsx"
    file.write_bytes(whole[:200])
    (tmp_path / "~$run.xlsx").write_bytes(b"lock")
    assert [list(watch.look(at)) for at in (0, 1, 3, 10)] == [[], [], [], []]
    file.write_bytes(whole)
    assert list(watch.look(11)) == []
    [found] = watch.look(14)
    assert (found.content, found.faults) == (whole, ())
    watch.took(found)
    assert list(watch.look(100)) == []
    file.write_bytes(whole[:300])
    list(watch.look(101))
    [half] = watch.look(102 + GIVE_UP_SECONDS)
    assert half.faults == ("half",)


def test_a_text_is_whole_when_its_last_line_has_ended(tmp_path):
    watch, file = Watch(tmp_path), tmp_path / "run.csv"
    file.write_text("a,b\n1,2")
    assert [list(watch.look(at)) for at in (0, 3)] == [[], []]
    with file.open("a") as more:
        more.write("\n")
    assert list(watch.look(4)) == []
    assert len(list(watch.look(7))) == 1


def test_a_program_that_never_ends_its_last_line_is_believed_where_its_profile_says_so(tmp_path):
    watch = Watch(tmp_path, ends_open=True)
    (tmp_path / "run.csv").write_text("a,b\n1,2")
    (tmp_path / "run.xlsx").write_bytes(workbook(ROWS)[:300])
    list(watch.look(0))
    assert [found.path.name for found in watch.look(3)] == ["run.csv"]


def test_a_file_that_is_replaced_while_it_is_read_is_read_again_later(tmp_path, monkeypatch):
    watch, file, reads = Watch(tmp_path), tmp_path / "run.csv", []
    file.write_text("T-1,N,1\nT-2,N,1\n")
    list(watch.look(0))

    def torn(path, whole=Path.read_bytes):
        reads.append(path)
        if len(reads) > 1:
            return whole(path)
        before = whole(path)
        path.write_text("T-1,N,9\nT-2,N,9\n")
        return before[:8] + whole(path)[8:]

    monkeypatch.setattr(Path, "read_bytes", torn)
    assert list(watch.look(3)) == [], "half of the old and half of the new look whole"
    assert list(watch.look(4)) == []
    [found] = watch.look(7)
    assert found.content == b"T-1,N,9\nT-2,N,9\n"


def test_other_content_of_the_same_size_and_time_under_the_same_name_is_looked_at(tmp_path):
    watch, file = Watch(tmp_path), tmp_path / "run.csv"
    file.write_text("T-1,N,1\n")
    made = file.stat().st_mtime_ns
    list(watch.look(0))
    [first] = watch.look(3)
    watch.took(first)
    file.write_text("T-1,N,2\n")
    os.utime(file, ns=(made, made))
    list(watch.look(4))
    assert [found.content for found in watch.look(7)] == [b"T-1,N,2\n"]


async def comes(count, *, patience=400):
    """Wait until so many messages are stored."""
    for _ in range(patience):
        messages = await stored()
        if len(messages) >= count:
            return messages
        await asyncio.sleep(0.02)
    raise AssertionError(f"only {len(messages)} came")


def test_a_folder_from_half_a_file_to_what_it_says(intake, tmp_path, monkeypatch):
    """Through the whole process: grows, comes twice under two names, is replaced under the same name, never ends."""
    for module, name, value in ((process, "LOOK_SECONDS", 0.03), (folders, "REST_SECONDS", 0.1),
                                (folders, "GIVE_UP_SECONDS", 1.0)):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    watched = intake.add(name="Files", profile="pcr-sheet", link="folder", address=str(tmp_path))
    whole, other = workbook(ROWS, ["A2:A3"]), workbook(ROWS[:2])
    cut = "样本编号,项目,结果\nT-8,N,21.5\nT-9,N,2".encode()

    async def story(running):
        (tmp_path / "run.xlsx").write_bytes(whole[:200])
        await asyncio.sleep(0.3)
        assert await stored() == []
        (tmp_path / "run.xlsx").write_bytes(whole)
        await comes(1)
        (tmp_path / "copy of run.xlsx").write_bytes(whole)
        (tmp_path / "run.xlsx").write_bytes(other)
        await comes(2)
        (tmp_path / "cut.csv").write_bytes(cut)
        assert set(await comes(3)) == {whole, other, cut}

    intake(story)
    states = dict(RawMessage.objects.values_list("state", "problems"))
    assert (states[State.SET_ASIDE], RawMessage.objects.filter(state=State.KEPT).count()) == (["half"], 2)
    first = RawMessage.objects.earliest("id")
    assert (first.instrument_id, first.repeats) == (watched.id, 1)
    found = reading.read(bytes(first.payload), profile.shipped(watched.profile))
    assert [(one.specimen, one.test, one.value) for one in found.readings] == READ
