"""A read is written into this machine's journal before it is answered, and is in the database once, whatever dies."""

import mmap
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as some

from huizhen.kernel import audit, clock, ids
from huizhen.kernel.access import Actor
from huizhen.kernel.audit import collector, gathering, journal
from huizhen.kernel.audit.models import AuditEntry, AuditJournal
from huizhen.kernel.audit.queries import Filters, list_entries
from huizhen.kernel.audit.verification import command

pytestmark = pytest.mark.django_db(transaction=True)
NURSE = Actor(ids.new_id(), "李护士", origin={"ip": "10.0.0.7", "request": "8a"})


def read(subject: object = "1", **about) -> None:
    audit.record(NURSE, "records.document.read", subject_kind="document", subject_id=subject, **about)


def subjects() -> list[str]:
    audit.gather()
    return list(
        AuditEntry.objects.filter(action="records.document.read").order_by("id").values_list("subject_id", flat=True)
    )


def own() -> journal.Journal:
    assert journal.own.journal is not None
    return journal.own.journal


def let_go():
    """End the journal as if its process had died."""
    left = own()
    left.close()
    journal.own.journal = None
    return left.path


def bring_in() -> None:
    """What the thread of the process does."""
    for one in journal.own.every():
        collector.Collector().bring_in(one)


def written(path) -> int:
    return path.read_bytes().find(b"\0")


@contextmanager
def no_longer_files():
    """This process may make no file longer, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def refused():
    """The database takes no entry."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_auditentry ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE kernel_auditentry DROP CONSTRAINT full_disk")


class TestWriting:
    def test_a_read_stands_in_the_lists_at_once_with_all_that_was_given(self):
        patient, case, place, at = ids.new_id(), ids.new_id(), ids.new_id(), clock.now() - timedelta(seconds=3)
        read("7", patient_id=patient, case_id=case, organisation_id=place, data={"pages": 2, "why": 'a\t"b"\\n'}, at=at)
        assert not AuditEntry.objects.exists()
        [entry] = list_entries(None, Filters(patient_id=patient))
        assert (entry.actor_id, entry.actor_name, entry.at) == (NURSE.account_id, "李护士", at)
        assert (entry.patient_id, entry.case_id, entry.organisation_id) == (patient, case, place)
        assert (entry.origin, entry.data) == (NURSE.origin, {"pages": 2, "why": 'a\t"b"\\n'})

    def test_an_act_and_a_read_inside_a_transaction_go_the_straight_way(self):
        audit.record(NURSE, "records.document.added", subject_kind="document", subject_id=1)
        with transaction.atomic():
            read()
        assert AuditEntry.objects.count() == 2
        assert journal.own.journal is None

    @pytest.mark.parametrize("wrong", ["\0", {"a": "\0"}, "\ud800"])
    def test_what_no_database_can_hold_stops_the_read(self, wrong):
        with pytest.raises(ValueError, match=r"character|surrogates"):
            read(**({"data": wrong} if isinstance(wrong, dict) else {"subject": wrong}))
        assert subjects() == []

    def test_a_full_disk_stops_the_read_where_there_is_no_journal_yet(self):
        with no_longer_files():
            with pytest.raises(OSError, match="large"):
                read("none")
            assert list(journal.list_journals()) == []
        read("first")
        with no_longer_files():
            read("has its room already")
        assert subjects() == ["first", "has its room already"]

    def test_where_nobody_gathers_reading_stops(self, monkeypatch):
        monkeypatch.setattr(journal, "BYTES", 260)
        monkeypatch.setattr(journal, "MOST_JOURNALS", 3)
        for number in range(3):
            read(number)
        assert len(list(journal.list_journals())) == 3
        with pytest.raises(OSError, match="nobody gathers"):
            read("3")
        assert subjects() == ["0", "1", "2"]
        bring_in()
        read("4")
        assert subjects() == ["0", "1", "2", "4"]

    def test_it_waits_for_the_disk_where_that_is_asked(self, settings, monkeypatch):
        synced = []
        monkeypatch.setattr(
            journal.mmap, "mmap", type("Memory", (mmap.mmap,), {"flush": lambda _m, *a: synced.append(a)})
        )
        read()
        assert synced == []
        settings.AUDIT_TO_DISK = True
        for _time in range(40):
            before = own().end
            read()
            start, size = synced.pop()
            assert start % mmap.PAGESIZE == 0
            assert start <= before < own().end == start + size

    def test_a_journal_that_cannot_begin_leaves_nothing_behind(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE kernel_auditjournal RENAME TO away")
        try:
            with pytest.raises(Exception, match="kernel_auditjournal"):
                read()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE away RENAME TO kernel_auditjournal")
        assert list(journal.list_journals()) == []


class TestText:
    anything = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)

    @given(name=anything, subject=anything, data=some.dictionaries(anything, anything, min_size=1, max_size=3))
    @given_settings(max_examples=60)
    def test_whatever_is_written_comes_out_as_it_was(self, name, subject, data):
        actor = Actor(ids.new_id(), name, origin={"request": subject})
        audit.record(actor, "records.document.read", subject_kind="document", subject_id=subject, data=data)
        audit.gather()
        entry = AuditEntry.objects.get(actor_id=actor.account_id)
        assert (entry.actor_name, entry.subject_id, entry.origin, entry.data) == (name, subject, actor.origin, data)


class TestGathering:
    def test_gathered_twice_it_is_there_once(self):
        for number in range(3):
            read(number)
        assert subjects() == ["0", "1", "2"]
        read("3")
        assert subjects() == ["0", "1", "2", "3"]
        assert AuditJournal.objects.get().taken == own().end

    def test_what_a_dead_process_left_is_brought_in_and_its_journal_removed(self):
        read()
        left = let_go()
        assert subjects() == ["1"]
        audit.gather()
        assert not left.exists()
        assert not AuditJournal.objects.exists()

    def test_a_long_one_is_taken_in_pieces(self, monkeypatch):
        monkeypatch.setattr(gathering, "AT_ONCE_BYTES", 700)
        for number in range(9):
            read(number)
        assert subjects() == [str(number) for number in range(9)]

    def test_what_is_rolled_back_stays_in_the_journal(self):
        read()
        left = let_go()
        with transaction.atomic():
            audit.gather()
            audit.gather()
            assert AuditEntry.objects.count() == 1
            transaction.set_rollback(True)
        assert left.exists()
        assert subjects() == ["1"]

    def test_while_the_database_takes_none_they_are_kept(self):
        read()
        with refused(), pytest.raises(Exception, match="full_disk"):
            audit.gather()
        assert subjects() == ["1"]

    def test_another_databases_journal_is_left_alone_and_named(self):
        read()
        left = let_go()
        AuditJournal.objects.all().delete()
        assert subjects() == []
        [waiting] = audit.list_waiting()
        assert (waiting.known, waiting.size) == (False, written(left))
        said = []
        assert command(said.append) == 0
        assert said[0].endswith("belongs to another database")

    def test_what_waits_is_told(self):
        read()
        [waiting] = audit.list_waiting()
        assert (waiting.id, waiting.size, waiting.known) == (own().id, own().end, True)
        audit.gather()
        assert audit.list_waiting() == []

    def test_a_full_journal_is_followed_by_another(self, monkeypatch):
        monkeypatch.setattr(journal, "BYTES", 450)
        for number in range(7):
            read(number)
        assert len(list(journal.list_journals())) == 4
        assert subjects() == [str(number) for number in range(7)]
        bring_in()
        assert [path for _key, path in journal.list_journals()] == [own().path]

    def test_a_line_on_its_way_into_the_file_is_left_for_the_next_time(self, monkeypatch):
        read("0")
        read("1")
        end = own().end
        monkeypatch.setattr(gathering, "own", journal.Own())  # so that it is another process's
        own().memory[end - 40 : end - 20] = b"\0" * 20
        assert subjects() == ["0"]
        assert not AuditEntry.objects.filter(action="kernel.audit.broken").exists()
        own().memory[end - 40 : end - 20] = b"x" * 20
        assert subjects() == ["0"]
        assert not AuditEntry.objects.filter(action="kernel.audit.broken").exists()


class TestBroken:
    def test_a_line_torn_by_a_power_cut_is_put_aside_and_told(self):
        for number in range(2):
            read(number)
        left = let_go()
        os.truncate(left, written(left) - 30)
        assert subjects() == ["0"]
        self.told(left, lines=1)

    def test_a_line_that_was_damaged_is_put_aside_and_told(self):
        for number in range(3):
            read(f"subject-{number}")
        left = let_go()
        left.write_bytes(left.read_bytes().replace(b"subject-1", b"subject-9"))
        assert subjects() == ["subject-0", "subject-2"]
        self.told(left, lines=1)

    def test_a_line_that_the_database_cannot_read_holds_up_no_other(self):
        read("0")
        own().add(journal.as_text(["no time", None, "", "", "", "", None, None, None, None, None]))
        read("2")
        left = let_go()
        assert subjects() == ["0", "2"]
        self.told(left, lines=1)

    def test_what_a_power_cut_left_of_a_line_and_nothing_behind_it(self):
        read("0")
        read("1")
        end = own().end
        own().memory[end - 30 : end] = b"\0" * 30
        left = let_go()
        assert subjects() == ["0"]
        self.told(left, lines=1)

    def told(self, left, *, lines):
        entry = AuditEntry.objects.get(action="kernel.audit.broken")
        assert (entry.subject_id, entry.data) == (left.stem, {"lines": lines})
        [aside] = left.parent.glob(f"{left.stem}.*.broken")
        assert aside.read_bytes().count(b"\n") == lines
        assert aside.stat().st_mode & 0o077 == 0
        audit.gather()
        assert not left.exists()
        assert AuditEntry.objects.filter(action="kernel.audit.broken").count() == 1


class TestProcesses:
    def test_many_write_and_many_gather_and_each_read_is_there_once(self):
        def write(name):
            for number in range(60):
                read(f"{name}-{number}")
            connection.close()

        def take():
            while any(one.is_alive() for one in writers):
                audit.gather()
            connection.close()

        writers = [threading.Thread(target=write, args=(name,)) for name in range(4)]
        takers = [threading.Thread(target=take) for _number in range(3)]
        for one in (*writers, *takers):
            one.start()
        for one in (*writers, *takers):
            one.join()
        found = subjects()
        assert len(found) == len(set(found)) == 240

    def test_the_thread_of_the_process_brings_it_in_by_itself(self, monkeypatch):
        monkeypatch.setattr(collector, "IDLE_SECONDS", 0.01)
        monkeypatch.setattr(collector, "AGAIN_SECONDS", 0.01)
        monkeypatch.setattr(collector, "EVERY_SECONDS", 0.05)
        collector.begin_anew()
        with refused():
            read()
            time.sleep(collector.EVERY_SECONDS * 3)
        wait_for(1)
        read("2")
        wait_for(2)

    def test_a_killed_process_has_lost_nothing(self):
        program = (
            "import django, os, signal; django.setup()\n"
            "from huizhen.kernel import audit, ids\n"
            "from huizhen.kernel.access import Actor\n"
            "from huizhen.kernel.audit import collector\n"
            "collector.EVERY_SECONDS = 60\n"
            "for number in range(5):\n"
            "    audit.record(Actor(ids.new_id(), 'x'), 'records.document.read', subject_kind='document',"
            " subject_id=number)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        database = connection.settings_dict
        url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
        environ = os.environ | {"DATABASE_URL": f"{url}?host={database['HOST']}&port={database['PORT'] or 5432}"}
        done = subprocess.run([sys.executable, "-c", program], env=environ, check=False, timeout=120)
        assert done.returncode == -signal.SIGKILL
        assert subjects() == [str(number) for number in range(5)]

    def test_a_forked_child_writes_a_journal_of_its_own(self):
        read()
        parent = own().path
        child = os.fork()
        if child == 0:
            os._exit(0 if journal.own.journal is None else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert own().path == parent


def wait_for(count: int) -> None:
    until = time.monotonic() + 60
    while AuditEntry.objects.count() < count:
        assert time.monotonic() < until, "nobody gathers"
        time.sleep(0.02)
