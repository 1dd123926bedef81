"""Uploads end in a file that is whole, checked, sealed and stored once; whatever happens on the way."""

import copy
import errno
import io
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from datetime import timedelta

import pytest
from django.db import connection, connections

from huizhen.kernel import clock, files, ids
from huizhen.kernel.access import NotVisible
from huizhen.kernel.crypto import Unreadable, rotation
from huizhen.kernel.files import Refused, WrongOffset, actions, contents
from huizhen.kernel.files.fakes import simulated_s3
from huizhen.kernel.files.models import Content, File, UploadPart
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.files.tests.conftest import an_actor

PDF = b"%PDF-1.7\n" + os.urandom(3 * 2**20)
pytestmark = pytest.mark.django_db


def begin(actor, data: bytes = PDF, name: str = "检查报告.pdf", purpose: str = "document") -> File:
    return files.start_upload(name=name, size=len(data), actor=actor, purpose=purpose, at=clock.now())


def keep(actor, data: bytes = PDF, name: str = "检查报告.pdf", purpose: str = "document") -> File:
    return files.store(name, data, actor=actor, at=clock.now(), purpose=purpose)


def content_of(file: File) -> bytes:
    with files.open_file(file) as reader:
        return reader.read()


def objects(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def refusal(call, *arguments, **named) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments, **named)
    return refused.value.code


class TestWay:
    def test_in_pieces(self, doctor, folder):
        file = begin(doctor)
        offset = 0
        for start in range(0, len(PDF), 700_001):
            offset = files.append(file.id, offset, PDF[start : start + 700_001], actor=doctor)
        ready = files.finish(file.id)
        assert (ready.state, ready.media_type, ready.name) == ("ready", "application/pdf", "检查报告.pdf")
        assert content_of(ready) == PDF
        assert len(objects(folder)) == 1

    def test_nothing_readable_lies_on_the_disk(self, doctor, folder):
        keep(doctor, b"%PDF-1.7\n" + b"patient" * 1000)
        assert all(b"patient" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())

    def test_pieces_under_way_are_sealed_too(self, doctor, folder):
        file = begin(doctor)
        files.append(file.id, 0, b"%PDF-1.7\n" + b"patient" * 1000, actor=doctor)
        assert all(b"patient" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())

    def test_finishing_twice_is_finishing_once(self, doctor, folder):
        file = keep(doctor)
        assert files.finish(file.id).content_id == file.content_id
        assert Content.objects.count() == 1

    def test_equal_contents_are_stored_once_and_each_keeps_its_name(self, doctor, other, folder):
        one, two = keep(doctor, name="a.pdf"), keep(other, name="b.pdf")
        assert one.content_id == two.content_id
        assert (one.name, two.name, content_of(two)) == ("a.pdf", "b.pdf", PDF)
        assert len(objects(folder)) == 1

    def test_a_changed_object_is_noticed(self, doctor, folder):
        file = keep(doctor)
        (path,) = (path for path in folder.rglob("*") if path.is_file())
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(bytes(raw))
        with pytest.raises(Unreadable):
            content_of(file)

    def test_ranges(self, doctor):
        with files.open_file(keep(doctor)) as reader:
            reader.seek(2 * 2**20 - 3)
            assert reader.read(6) == PDF[2 * 2**20 - 3 : 2 * 2**20 + 3]

    def test_a_key_rotation_leaves_the_bytes_alone(self, doctor, settings):
        file = keep(doctor)
        settings.CIPHER = "sm4"
        assert content_of(File.objects.get(id=file.id)) == PDF


class TestRefusals:
    def test_two_gigabytes_at_creation(self, doctor):
        start = {"name": "ct.zip", "size": 2 * 10**9, "actor": doctor, "purpose": "imaging", "at": clock.now()}
        assert refusal(files.start_upload, **start) == "too_large"

    def test_more_than_was_promised(self, doctor, folder):
        file = begin(doctor, b"x" * 200)
        files.append(file.id, 0, PDF[:190], actor=doctor)
        assert refusal(files.append, file.id, 190, b"x" * 11, actor=doctor) == "too_large"
        assert refusal(files.finish, file.id) == "too_large"
        assert objects(folder) == []

    def test_a_name_we_never_take(self, doctor):
        assert refusal(begin, doctor, name="virus.exe") == "wrong_type"

    def test_another_type_than_the_name_says(self, doctor, folder):
        assert refusal(keep, doctor, b"\xff\xd8\xff\xe0" + b"x" * 500) == "wrong_type"
        assert File.objects.get().refusal == "wrong_type"
        assert objects(folder) == []
        assert not UploadPart.objects.exists()

    def test_the_wrong_type_is_refused_at_its_first_piece(self, doctor, folder):
        file = begin(doctor)
        assert refusal(files.append, file.id, 0, b"MZ" + b"x" * 5000, actor=doctor) == "wrong_type"
        assert objects(folder) == []

    def test_a_tiny_first_piece_waits_for_the_whole(self, doctor):
        file = begin(doctor)
        for start in range(0, 300, 10):
            files.append(file.id, start, PDF[start : start + 10], actor=doctor)
        files.append(file.id, 300, PDF[300:], actor=doctor)
        assert files.finish(file.id).media_type == "application/pdf"

    def test_a_full_disk_keeps_what_came(self, doctor, folder, monkeypatch):
        file = begin(doctor)
        files.append(file.id, 0, PDF[:1000], actor=doctor)
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", no_space)
            with pytest.raises(StorageTrouble):
                files.append(file.id, 1000, PDF[1000:], actor=doctor)
        files.append(file.id, 1000, PDF[1000:], actor=doctor)
        assert content_of(files.finish(file.id)) == PDF
        assert len(objects(folder)) == 1

    def test_a_zip_bomb(self, doctor, folder):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("IM1", b"\0" * (20 * 2**20))
        assert refusal(keep, doctor, out.getvalue(), "ct.zip", "imaging") == "bomb"
        assert objects(folder) == []

    def test_incomplete_goes_on(self, doctor):
        file = begin(doctor)
        files.append(file.id, 0, PDF[:1000], actor=doctor)
        assert refusal(files.finish, file.id) == "incomplete"
        assert refusal(files.open_file, file) == "incomplete"
        files.append(file.id, 1000, PDF[1000:], actor=doctor)
        assert content_of(files.finish(file.id)) == PDF

    def test_somebody_elses_upload_does_not_exist(self, doctor, other):
        file = begin(doctor)
        with pytest.raises(NotVisible):
            files.append(file.id, 0, b"x", actor=other)
        with pytest.raises(NotVisible):
            files.get_upload(ids.new_id(), doctor)

    def test_a_wrong_offset_says_the_right_one(self, doctor):
        file = begin(doctor)
        files.append(file.id, 0, PDF[:1000], actor=doctor)
        for offset in (0, 999, 1001):
            with pytest.raises(WrongOffset) as wrong:
                files.append(file.id, offset, b"x", actor=doctor)
            assert wrong.value.offset == 1000


class TestFaults:
    def test_killed_after_storing_a_piece_and_before_counting_it(self, doctor, folder):
        file = begin(doctor)
        files.append(file.id, 0, PDF[:1000], actor=doctor)
        actions.stage(file, 1000, PDF[1000:2000])
        assert files.get_upload(file.id, doctor).offset == 1000
        files.append(file.id, 1000, PDF[1000:], actor=doctor)
        assert content_of(files.finish(file.id)) == PDF
        assert len(objects(folder)) == 1

    def test_killed_while_finishing(self, doctor, folder, monkeypatch):
        file = begin(doctor)
        files.append(file.id, 0, PDF, actor=doctor)
        with monkeypatch.context() as patch:
            patch.setattr(contents.Content.objects, "bulk_create", power_cut)
            with pytest.raises(KeyboardInterrupt):
                files.finish(file.id)
        assert content_of(files.finish(file.id)) == PDF
        assert len(objects(folder)) == 1

    def test_killed_before_clearing(self, doctor, folder, monkeypatch):
        file = begin(doctor)
        files.append(file.id, 0, PDF, actor=doctor)
        with monkeypatch.context() as patch:
            patch.setattr(actions, "_clear", power_cut)
            with pytest.raises(KeyboardInterrupt):
                files.finish(file.id)
        assert content_of(File.objects.get(id=file.id)) == PDF
        assert files.clear_expired(clock.now()) == 1
        assert len(objects(folder)) == 1
        assert files.clear_expired(clock.now()) == 0

    def test_what_nobody_went_on_with_is_cleared(self, doctor, folder):
        file, young = begin(doctor), begin(doctor)
        files.append(file.id, 0, PDF[:1000], actor=doctor)
        File.objects.filter(id=young.id).update(expires_at=clock.now() + timedelta(days=9))
        assert files.clear_expired(clock.now() + timedelta(hours=25)) == 1
        assert refusal(files.append, file.id, 1000, b"x", actor=doctor) == "expired"
        assert objects(folder) == []
        assert files.get_upload(young.id, doctor).state == "uploading"


def no_space(handle):
    raise OSError(errno.ENOSPC, "No space left on device")


def power_cut(*arguments, **named):
    raise KeyboardInterrupt


class TestOnS3:
    @pytest.fixture
    def simulator(self, settings):
        with simulated_s3() as running:
            settings.FILES_URL = running.url
            settings.S3_KEY, settings.S3_SECRET = running.key, running.secret
            yield running

    def test_the_whole_way(self, simulator, doctor):
        data = b"%PDF-1.7\n" + os.urandom(12 * 2**20)
        file = keep(doctor, data)
        assert content_of(file) == data
        assert len(simulator.objects) == 1
        assert not simulator.multiparts

    def test_a_store_that_is_down_keeps_what_came(self, simulator, doctor):
        file = begin(doctor)
        files.append(file.id, 0, PDF, actor=doctor)
        simulator.troubles[:] = ["403"] * 3
        with pytest.raises(StorageTrouble):
            files.finish(file.id)
        simulator.troubles.clear()
        assert content_of(files.finish(file.id)) == PDF


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def together(self, *calls) -> list:
        barrier, outcomes = threading.Barrier(len(calls)), []

        def run(call):
            barrier.wait()
            try:
                outcomes.append(call())
            except Exception as error:  # noqa: BLE001
                outcomes.append(error)
            finally:
                connections["default"].close()

        threads = [threading.Thread(target=run, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_two_pieces_at_one_offset(self, folder):
        actor = an_actor("racer")
        file = begin(actor)
        outcomes = self.together(
            lambda: files.append(file.id, 0, PDF[:500_000], actor=actor),
            lambda: files.append(file.id, 0, PDF[:400_000], actor=actor),
        )
        (won,) = [outcome for outcome in outcomes if isinstance(outcome, int)]
        (lost,) = [outcome for outcome in outcomes if isinstance(outcome, WrongOffset)]
        assert won == lost.offset == files.get_upload(file.id, actor).offset
        files.append(file.id, won, PDF[won:], actor=actor)
        assert content_of(files.finish(file.id)) == PDF
        assert len(objects(folder)) == 1

    def test_two_who_finish(self, folder):
        actor = an_actor("finisher")
        file = begin(actor)
        files.append(file.id, 0, PDF, actor=actor)
        one, two = self.together(lambda: files.finish(file.id), lambda: files.finish(file.id))
        assert one.content_id == two.content_id
        assert content_of(one) == PDF
        assert len(objects(folder)) == 1

    def test_two_equal_contents_at_once(self, folder):
        actor = an_actor("twins")
        one, two = self.together(lambda: keep(actor), lambda: keep(actor))
        assert one.content_id == two.content_id
        assert content_of(one) == content_of(two) == PDF
        assert len(objects(folder)) == 1
        assert connection.vendor == "postgresql"


def test_download_headers(doctor):
    file = keep(doctor, name='报告 "1".pdf')
    headers = files.headers_for_download(file)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E6%8A%A5" in headers["Content-Disposition"]
    assert headers["Content-Disposition"].isascii()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


SLOW_UPLOAD = """
import sys, uuid, django
django.setup()
from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.kernel.files import tus

class Endless:
    sent = 0
    def read(self, size):
        if self.sent == 6 * 2**20:
            print("halfway", flush=True)
            sys.stdin.read()
        self.sent += size
        return b"%PDF-1.7\\n".ljust(size, b"x") if self.sent == size else b"x" * size

actor = Actor(uuid.UUID(sys.argv[1]))
headers = {"tus-resumable": "1.0.0", "content-type": tus.CONTENT_TYPE, "upload-offset": "0"}
tus.handle(tus.Request("PATCH", headers, Endless(), uuid.UUID(sys.argv[2])), actor=actor, at=clock.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_an_upload_to_go_on_with(folder, settings):
    actor = an_actor("killed")
    data = b"%PDF-1.7\n".ljust(8 * 2**20, b"x")
    file = begin(actor, data)
    database = settings.DATABASES["default"]
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{connection.settings_dict['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"{url}?host={database['HOST']}&port={database['PORT'] or 5432}",
        "HUIZHEN_FILES_URL": f"file://{folder}",
    }
    uploader = subprocess.Popen(
        [sys.executable, "-c", SLOW_UPLOAD, str(actor.account_id), str(file.id)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert uploader.stdout.readline() == b"halfway\n"
    uploader.kill()
    uploader.communicate()
    held = files.get_upload(file.id, actor).offset
    assert held == actions.PART
    files.append(file.id, held, data[held:], actor=actor)
    assert content_of(files.finish(file.id)) == data


def test_files_open_after_a_rotation_without_the_old_key(doctor, settings):
    settings.KEY_RING = ["old:" + "aa" * 32]
    file = keep(doctor)
    settings.KEY_RING = ["new:" + "bb" * 32, "old:" + "aa" * 32]
    said: list[str] = []
    assert rotation.command(said.append) == 0
    settings.KEY_RING = ["new:" + "bb" * 32]
    again = File.objects.get(id=file.id)
    assert (again.name, content_of(again)) == ("检查报告.pdf", PDF)


def test_a_file_row_copies_and_pickles_sealed(doctor):
    row = File.objects.get(id=keep(doctor, name="patient.pdf").id)
    data = pickle.dumps(row)
    assert b"patient.pdf" not in data
    assert pickle.loads(data).name == copy.deepcopy(row).name == copy.copy(row).name == "patient.pdf"  # noqa: S301
