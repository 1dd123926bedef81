"""Each trouble at the start: one clear sentence, what to do, and nothing changed."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from huizhen.config import as_root, embedded, health, prepare
from huizhen.config.embedded import DatabaseTrouble, Embedded
from huizhen.config.supervisor import checks
from huizhen.config.trouble import Trouble
from tests.faults.running import command, environment, fresh_folder


@pytest.fixture
def folder():
    with fresh_folder() as folder:
        yield folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_port_in_use_is_named_with_its_user_and_a_way_out(folder):
    environ = environment(folder)
    with socket.create_server(("127.0.0.1", int(environ["HUIZHEN_WEB_PORT"]))):
        done = command("up", environ=environ)
    assert done.returncode == 1
    assert f"Port {environ['HUIZHEN_WEB_PORT']} of 127.0.0.1 is in use by" in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert "HUIZHEN_WEB_PORT=" in done.stderr
    assert not (folder / "postgres").exists()


def test_two_settings_with_one_port_start_nothing(folder):
    environ = environment(folder)
    same = environ["HUIZHEN_LOOKUP_PORT"]
    for words in (["up"], ["check-settings"]):
        done = command(*words, environ=environ | {"HUIZHEN_JOBS_METRICS_PORT": same})
        assert done.returncode == 1
        assert (
            f"HUIZHEN_LOOKUP_PORT and HUIZHEN_JOBS_METRICS_PORT are both {same}, and only one process can listen there.\n"
            "→ Give one of them another number, such as: HUIZHEN_JOBS_METRICS_PORT=8003\n"
        ) in done.stderr
    assert list(folder.iterdir()) == []


def test_a_port_that_may_not_be_used():
    with pytest.raises(Trouble, match="cannot be used"):
        checks.check_port("192.0.2.1", 9, "HUIZHEN_WEB_PORT")


def test_a_data_folder_without_its_version_is_left_alone(folder):
    data = folder / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "base").write_text("precious")
    before = contents(data)
    done = command("up", environ=environment(folder))
    assert done.returncode == 1
    assert "is not a whole database; nothing was changed" in done.stderr
    assert "Restore it from a backup" in done.stderr
    assert contents(data) == before


def test_a_data_folder_of_another_version_is_left_alone(folder):
    server = Embedded(folder)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("13\n")
    with pytest.raises(DatabaseTrouble, match="written by PostgreSQL 13, and this program brings") as trouble:
        embedded.start(server)
    assert "pg_dump" in trouble.value.todo
    assert contents(server.data) == {str(server.data / "PG_VERSION"): b"13\n"}


@pytest.mark.parametrize("written", ["", "\n", "\0\0"])
def test_a_data_folder_whose_version_is_torn_is_called_damaged(folder, written):
    server = Embedded(folder)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text(written)
    with pytest.raises(DatabaseTrouble, match="is damaged: its PG_VERSION does not say which version wrote it") as told:
        embedded.start(server)
    assert "Restore it from a backup" in told.value.todo
    assert contents(server.data) == {str(server.data / "PG_VERSION"): written.encode()}


def test_a_server_that_is_dead_and_not_yet_buried_does_not_run(folder):
    server = Embedded(folder)
    server.data.mkdir(parents=True)
    dead = subprocess.Popen(["true"], cwd=server.data)
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    (server.data / "postmaster.pid").write_text(f"{dead.pid}\n{server.data}\n")
    assert embedded.server_pid(server) is None
    dead.wait()
    assert embedded.server_pid(server) is None


def test_a_server_is_known_by_where_it_stands(folder):
    server = Embedded(folder)
    server.data.mkdir(parents=True)
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    assert embedded.server_pid(server) is None
    with subprocess.Popen(["sleep", "60"], cwd=server.data) as standing:
        (server.data / "postmaster.pid").write_text(f"{standing.pid}\n{server.data}\n")
        assert embedded.server_pid(server) == standing.pid
        standing.kill()


def test_a_damaged_data_folder_is_told_in_the_servers_own_words(folder):
    server = Embedded(folder / "postgres")
    embedded.start(server)
    embedded.stop(server)
    (server.data / "global" / "pg_control").unlink()
    before = contents(server.data)
    done = command("up", environ=environment(folder))
    assert done.returncode == 1
    assert "does not start; nothing was changed" in done.stderr
    assert "pg_control" in done.stderr
    assert "Traceback" not in done.stderr
    assert set(before) <= set(contents(server.data))


def test_a_folder_that_cannot_be_written(folder):
    blocked = folder / "var"
    blocked.write_text("a file stands in its place")
    done = command("up", environ=environment(blocked))
    assert done.returncode == 1
    assert f"The folder {blocked} cannot be written" in done.stderr
    assert blocked.read_text() == "a file stands in its place"


def test_missing_secrets_outside_the_demonstration_are_all_named(folder):
    done = command("up", environ=environment(folder, HUIZHEN_DEMO="no"))
    assert done.returncode == 1
    for name in ("HUIZHEN_SECRET_KEY", "HUIZHEN_KEYS", "HUIZHEN_INDEX_KEY"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


def test_fresh_secrets_are_good_enough(folder):
    printed = command("secrets", environ=environment(folder)).stdout
    own = dict(line.split("=", 1) for line in printed.splitlines())
    done = command("check-settings", environ=environment(folder, HUIZHEN_DEMO="no", **own))
    assert done.returncode == 0
    assert not any(value in done.stdout for value in own.values())


def test_a_setting_that_cannot_be_read(folder):
    done = command("up", environ=environment(folder, HUIZHEN_DEMO="perhaps"))
    assert done.returncode == 1
    assert "HUIZHEN_DEMO is 'perhaps': takes yes or no" in done.stderr


def test_a_database_address_where_nobody_answers(folder):
    environ = environment(folder, DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    done = command("migrate", environ=environ)
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr


def test_real_use_tells_the_databases_words_without_the_password(folder):
    """Also outside the demonstration, where logs leave out the texts of exceptions."""
    own = {"HUIZHEN_SECRET_KEY": "x" * 60, "HUIZHEN_KEYS": f"k1:{'ab' * 32}", "HUIZHEN_INDEX_KEY": "cd" * 32}
    url = "postgresql://somebody:hidden-word@127.0.0.1:9/none"
    done = command("migrate", environ=environment(folder, HUIZHEN_DEMO="no", DATABASE_URL=url, **own))
    assert done.returncode == 1
    assert "The database does not answer (connection failed: " in done.stderr
    assert "Connection refused" in done.stderr
    assert "hidden-word" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_is_taken_out_of_what_the_database_says(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "hidden-word")
    assert prepare.words_of(OperationalError('FATAL: bad\n  "hidden-word".\n')) == 'FATAL: bad "…"'


def test_a_user_without_rights_is_told_so_in_a_sentence(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE huizhen_without_rights")
        cursor.execute("SET LOCAL ROLE huizhen_without_rights")
    with pytest.raises(Trouble, match="the database says: permission denied for table django_migrations") as told:
        prepare.migrate()
    assert told.value.todo == "Give it the rights of the owner."


def test_a_disk_that_fills_while_migrating_is_told_in_a_sentence(db, monkeypatch):
    def fill(*_words, **_options):
        raise OperationalError('could not extend file "base/1/2": No space left on device\nHINT:  Check free space.\n')

    monkeypatch.setattr(prepare, "pending", lambda: True)
    monkeypatch.setattr(prepare, "call_command", fill)
    with pytest.raises(Trouble) as told:
        prepare.migrate()
    assert told.value.what == (
        'The tables could not be brought up to date; the database says: could not extend file "base/1/2": '
        "No space left on device HINT: Check free space."
    )
    assert "those before this one are kept" in told.value.todo


def test_a_nearly_full_disk_is_a_warning(folder, monkeypatch):
    assert checks.room_left(folder) == ""
    monkeypatch.setattr(checks, "DISK_LOW_BYTES", shutil.disk_usage(folder).total)
    assert "uploads and the database will fail soon" in checks.room_left(folder)
    monkeypatch.setattr(health, "DISK_LOW_BYTES", shutil.disk_usage(folder).total)
    assert not health.disk(folder).well


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_as_root_in_a_closed_folder_only_passing_through_is_granted(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = Embedded(closed / "clone" / "postgres")
    embedded.start(server)
    try:
        assert embedded.is_ready(server)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o701
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        assert server.data.stat().st_uid == as_root.system_user().pw_uid
    finally:
        embedded.remove(server)


def test_a_long_path_gets_its_socket_elsewhere(folder):
    server = Embedded(folder / ("x" * 90))
    embedded.start(server)
    try:
        assert len(str(server.socket)) < embedded.SOCKET_PATH_LIMIT
        assert stat.S_IMODE(server.socket.stat().st_mode) & 0o077 == 0 or os.geteuid() != 0
        assert embedded.query(server, "select 1") == "1"
    finally:
        embedded.remove(server)


def test_a_database_of_a_newer_program_is_left_alone(db):
    recorder = MigrationRecorder(connection)
    recorder.record_applied("kernel", "9999_of_tomorrow")
    before = recorder.applied_migrations().keys()
    with pytest.raises(
        Trouble, match=r"newer Huizhen \(it knows kernel.9999_of_tomorrow\); nothing was changed"
    ) as told:
        prepare.migrate()
    assert told.value.todo == "Start that version, or restore a backup from before it."
    assert MigrationRecorder(connection).applied_migrations().keys() == before


def test_a_database_that_is_too_old_is_left_alone(db, monkeypatch):
    found = connection.pg_version // 10_000
    monkeypatch.setattr(prepare, "OLDEST", found + 1)
    # A table is missing: whoever goes on would make it.
    last = max(name for app, name in MigrationRecorder(connection).applied_migrations() if app == "kernel")
    MigrationRecorder(connection).record_unapplied("kernel", last)
    with pytest.raises(Trouble, match=f"The database is PostgreSQL {found}; nothing was changed. Huizhen needs 15"):
        prepare.migrate()
    assert ("kernel", last) not in MigrationRecorder(connection).applied_migrations()


def test_secrets_of_the_demonstration_are_no_secrets_however_they_were_set(folder):
    given = {"HUIZHEN_SECRET_KEY": "x" * 60, "HUIZHEN_KEYS": f"own:{'ab' * 32},{settings.DEMO_KEYS}",
             "HUIZHEN_INDEX_KEY": "11" * 32}  # fmt: skip
    done = command("up", environ=environment(folder, HUIZHEN_DEMO="no", **given))
    assert done.returncode == 1
    assert "these secrets must be your own: HUIZHEN_KEYS, HUIZHEN_INDEX_KEY. `huizhen secrets` prints" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


def test_without_the_databases_programs_nothing_starts(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    embedded.bundled_programs.cache_clear()
    try:
        with pytest.raises(DatabaseTrouble, match="PostgreSQL wheel is not installed") as told:
            embedded.start(Embedded(folder / "postgres"))
    finally:
        embedded.bundled_programs.cache_clear()
    assert "or set DATABASE_URL" in told.value.todo
    assert list(folder.iterdir()) == []


def test_without_a_program_that_adds_users_root_is_told_what_to_do(folder, monkeypatch):
    monkeypatch.setattr(as_root, "SYSTEM_USER", "nobody-of-this-name")
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(Trouble, match="the system user nobody-of-this-name could not be made") as told:
        as_root.system_user()
    assert "or start as an ordinary user" in told.value.todo
