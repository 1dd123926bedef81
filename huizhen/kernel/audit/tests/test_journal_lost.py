"""Journals that are taken away, copied, changed or forged: no read is lost without a word, none comes in twice."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from huizhen.config import health
from huizhen.kernel import audit, clock, ids
from huizhen.kernel.audit import collector, gathering, journal, waiting
from huizhen.kernel.audit.models import AuditEntry, AuditJournal
from huizhen.kernel.audit.tests.test_journal import bring_in, let_go, own, read, subjects
from huizhen.kernel.audit.verification import command

pytestmark = pytest.mark.django_db(transaction=True)


def verified() -> tuple[int, str]:
    said: list[str] = []
    return command(said.append), "\n".join(said)


def broken() -> int:
    return sum(
        entry.data["lines"] for entry in AuditEntry.objects.filter(action="kernel.audit.broken")
    )  # fmt: skip


class TestHome:
    def test_a_copy_of_the_database_leaves_the_journals_alone(self):
        read("0")
        left = let_go()
        AuditJournal.objects.update(home="another/1")
        assert subjects() == []
        assert left.exists()
        assert "belongs to another database" in verified()[1]

    def test_restored_in_the_place_of_one_that_is_gone_it_may_take_them_over(self):
        read("0")
        left = let_go()
        AuditJournal.objects.update(home="another/1", place="elsewhere")
        assert waiting.adopt() == 1
        assert waiting.adopt() == 0
        assert subjects() == ["0"]
        audit.gather()
        assert not left.exists()

    def test_one_that_the_database_forgets_while_it_is_written_goes_on_in_another(self):
        read("0")
        assert subjects() == ["0"]
        before = own().path
        AuditJournal.objects.all().delete()
        read("1")
        assert subjects() == ["0"]
        bring_in()
        read("2")
        assert own().path != before
        assert subjects() == ["0", "1", "2"]
        bring_in()
        assert subjects() == ["0", "1", "2"]

    def test_a_full_one_likewise(self, monkeypatch):
        monkeypatch.setattr(journal, "BYTES", 450)
        for number in range(5):
            read(number)
        AuditJournal.objects.all().delete()
        bring_in()
        bring_in()
        assert sorted(subjects()) == ["0", "1", "2", "3", "4"]
        assert journal.own.full == []


class TestFiles:
    def test_one_removed_while_it_is_written_goes_on_in_another(self):
        read("0")
        assert subjects() == ["0"]
        own().path.unlink()
        read("1")
        bring_in()
        assert subjects() == ["0", "1"]
        assert verified()[0] == 0

    def test_what_was_changed_meanwhile_is_not_signed_anew(self):
        for number in range(3):
            read(f"subject-{number}")
        whole = own().memory[:]
        own().memory[:] = whole.replace(b"subject-1", b"subject-9")
        own().path.unlink()
        bring_in()
        assert subjects() == ["subject-0", "subject-2"]
        assert broken() == 1

    def test_one_that_was_taken_away_is_told(self):
        read("0")
        audit.gather()
        read("1")
        let_go().unlink()
        code, said = verified()
        assert code == 1
        assert "journal_missing" in said
        assert "1 faults" in said

    def test_those_of_other_machines_are_told_and_are_no_fault(self):
        read("0")
        audit.gather()
        AuditJournal.objects.update(place="county-2:/srv/audit")
        let_go().unlink()
        code, said = verified()
        assert code == 0
        assert "1 journals at county-2:/srv/audit" in said

    def test_one_that_is_taken_whole_and_removed_is_not_missed(self, monkeypatch):
        read("0")
        let_go()
        audit.gather()
        monkeypatch.setattr(gathering, "GONE", "SELECT %s::uuid")  # killed before the row could go
        audit.gather()
        assert AuditJournal.objects.get().over
        assert verified()[0] == 0

    def test_other_files_are_nobodys_concern(self):
        read("0")
        (journal.folder() / "copy-of.journal").write_bytes(b"?")
        assert subjects() == ["0"]
        assert verified()[0] == 0

    def test_one_that_may_not_be_read_keeps_no_other_back_and_is_told(self, monkeypatch):
        read("0")
        left = let_go()
        read("1")
        opened = Path.open

        def refuse(path, *how):
            if path == left:
                raise PermissionError(13, "another account's")
            return opened(path, *how)

        monkeypatch.setattr(Path, "open", refuse)
        assert subjects() == ["1"]
        [one] = audit.list_waiting()
        assert (one.known, one.size > 0) == (True, True)
        monkeypatch.undo()
        assert subjects() == ["1", "0"]

    def test_other_processes_journals_do_not_stop_this_one(self, monkeypatch):
        monkeypatch.setattr(journal, "MOST_JOURNALS", 2)
        others = [journal.Journal(journal.folder()) for _number in range(3)]
        read("0")
        for one in others:
            one.close()
        assert subjects() == ["0"]


class TestHoles:
    def test_what_stands_behind_a_hole_is_brought_in(self):
        ends = []
        for number in range(3):
            read(number)
            ends.append(own().end)
        own().memory[ends[0] : ends[1]] = bytes(ends[1] - ends[0])
        left = let_go()
        assert subjects() == ["0", "2"]
        audit.gather()
        assert not left.exists()

    def test_behind_a_large_one_too(self, monkeypatch):
        monkeypatch.setattr(gathering, "AT_ONCE_BYTES", 700)
        for number in range(12):
            read(number)
        first, last = own().memory.find(b"\n") + 1, own().memory.rfind(b"\n", 0, own().end - 1) + 1
        own().memory[first:last] = bytes(last - first)
        let_go()
        audit.gather()
        assert subjects() == ["0", "11"]

    def test_a_damaged_line_of_a_living_process_holds_up_no_other(self):
        for number in range(3):
            read(number)
        at = own().memory.find(b"\n") + 40
        own().memory[at : at + 1] = b"\0"
        assert subjects() == ["0", "2"]
        read("3")
        assert subjects() == ["0", "2", "3"]
        assert broken() == 2, "both halves"


class TestForging:
    def test_a_line_behind_the_end_is_neither_taken_nor_in_the_way(self):
        read("0")
        forged = journal.as_text(
            [clock.now(), ids.new_id(), "王主任", "records.document.read", "document", "x" * 400, None, None, None, None, None]
        )  # fmt: skip
        end = own().end
        own().memory[end : end + 500] = (b"0" * 16 + b"\t" + forged + b"\n")[:500]
        audit.gather()
        for number in range(1, 4):
            read(number)
        assert subjects() == ["0", "1", "2", "3"]

    def test_a_line_copied_to_another_place_or_journal_is_none(self):
        read("0")
        line = own().memory[: own().end]
        read("1")
        left = let_go()
        with left.open("r+b") as file:
            file.seek(left.read_bytes().find(b"\0"))
            file.write(line)
        assert subjects() == ["0", "1"]
        assert broken() == 1
        read("2")
        other = let_go()
        with other.open("r+b") as file:
            file.write(line)
        assert "0" not in subjects()[2:]

    def test_an_entry_too_long_for_a_line_goes_the_straight_way(self):
        read("0")
        read("1", data={"pages": "9" * (journal.MOST_LINE_BYTES + 1)})
        read("2")
        assert sorted(subjects()) == ["0", "1", "2"]


class TestTelling:
    def test_how_long_the_oldest_waits(self):
        read("0", at=clock.now() - timedelta(seconds=1000))
        read("1")
        [one] = audit.list_waiting()
        assert one.seconds >= 1000
        assert not health.reads([(one.size, one.seconds)]).well

    def test_a_thread_that_could_not_begin_begins_the_next_time(self, monkeypatch):
        monkeypatch.setattr(collector, "EVERY_SECONDS", 0.01)
        collector.begin_anew()
        start = threading.Thread.start
        monkeypatch.setattr(threading.Thread, "start", lambda _thread: (_ for _ in ()).throw(RuntimeError("no room")))
        with pytest.raises(RuntimeError, match="no room"):
            read("0")
        monkeypatch.setattr(threading.Thread, "start", start)
        read("1")
        until = time.monotonic() + 60
        while AuditEntry.objects.count() < 2:
            assert time.monotonic() < until, "nobody gathers"
            time.sleep(0.02)

    def test_a_forked_child_holds_no_journal_of_its_parent(self):
        read("0")
        ready, release = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(release)
            os.read(ready, 1)
            os._exit(0)
        let_go()
        assert subjects() == ["0"]
        audit.gather()
        assert list(journal.list_journals()) == [], "the child would seem to write it"
        os.close(release)
        assert os.waitpid(child, 0)[1] == 0
