"""Files of results: tables with merged cells and text numbers, half a file, the same again, other content."""

from huizhen.lab.instruments import actions, profile, reading
from huizhen.lab.instruments.fakes import workbook
from huizhen.lab.instruments.intake.folders import GIVE_UP_SECONDS, Watch
from huizhen.lab.instruments.tests.conftest import AT, received

ROWS = [
    ["样本编号", "项目", "结果"],
    ["T-1", "ORF1ab", "阴性"],
    ["", "N", 21.5],
    [20230001, "N", "21.50"],
    ["'0042", "N", 1e-3],
]


def test_merged_cells_hold_for_all_their_rows_and_numbers_are_taken_as_written():
    found = reading.read(workbook(ROWS, ["A2:A3"]), profile.shipped("pcr-sheet"))
    assert [(one.specimen, one.test, one.value) for one in found.readings] == [
        ("T-1", "ORF1ab", "阴性"), ("T-1", "N", "21.5"), ("20230001", "N", "21.50"), ("0042", "N", "0.001"),
    ]  # fmt: skip
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


def test_the_same_file_under_another_name_is_the_same_and_other_content_is_not(instrument):
    first, again, other = (
        actions.keep_messages([received(instrument, content)], at=AT)[0] for content in (b"a", b"a", b"b")
    )
    assert (first.id == again.id, first.id == other.id) == (True, False)
