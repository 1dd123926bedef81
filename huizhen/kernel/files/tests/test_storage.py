"""Both storages keep the same promises; the S3 one against the simulator, which checks and misbehaves."""

import os

import pytest

from huizhen.kernel.files.fakes import simulated_s3
from huizhen.kernel.files.ports import Folder, Missing, StorageTrouble
from huizhen.kernel.files.s3 import S3


@pytest.fixture(scope="module")
def simulator():
    with simulated_s3() as running:
        yield running


def an_s3(simulator, **changes) -> S3:
    return S3(simulator.url, **{"key": simulator.key, "secret": simulator.secret} | changes)


@pytest.fixture(params=["folder", "s3"])
def storage(request, tmp_path):
    if request.param == "folder":
        return Folder(tmp_path)
    simulator = request.getfixturevalue("simulator")
    simulator.objects.clear()
    return an_s3(simulator)


def test_keeps_and_gives_ranges(storage):
    storage.put("a/b/one", [b"hello ", b"world"])
    assert storage.get("a/b/one", 0, 11) == b"hello world"
    assert storage.get("a/b/one", 6, 9) == b"wor"
    assert storage.get("a/b/one", 6, 99) == b"world"


def test_missing(storage):
    with pytest.raises(Missing):
        storage.get("a/none", 0, 1)
    storage.delete("a/none")


def test_names_and_delete(storage):
    for name in ("a/1", "a/2", "ab/3"):
        storage.put(name, [b"x"])
    assert storage.names("a") == ["a/1", "a/2"]
    storage.delete("a/1")
    assert storage.names("a") == ["a/2"]
    assert storage.names("none") == []


def test_a_large_object_arrives_whole(storage):
    block = os.urandom(2**20)
    storage.put("large", (block for _ in range(20)))
    assert storage.get("large", 19 * 2**20, 20 * 2**20) == block
    assert storage.get("large", 2**20 - 5, 2**20 + 5) == block[-5:] + block[:5]


def broken():
    yield b"x" * (20 * 2**20)
    raise ConnectionResetError


def test_a_broken_source_leaves_nothing_to_see(storage):
    with pytest.raises((ConnectionResetError, StorageTrouble)):
        storage.put("half", broken())
    with pytest.raises(Missing):
        storage.get("half", 0, 1)
    assert storage.names("") in ([], None)


def test_a_folder_is_private(tmp_path):
    Folder(tmp_path / "files").put("a/b", [b"x"])
    assert (tmp_path / "files/a/b").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("trouble", ["503", "500", "cut"])
def test_one_trouble_is_got_over(simulator, trouble):
    storage = an_s3(simulator)
    simulator.troubles[:] = [trouble]
    storage.put("a", [b"x"])
    simulator.troubles[:] = [trouble]
    assert storage.get("a", 0, 1) == b"x"
    assert not simulator.troubles


def test_trouble_within_a_large_object_is_got_over(simulator):
    storage = an_s3(simulator)
    simulator.troubles[:] = ["", "503", "", "cut", "503"]
    storage.put("big", [b"y" * (20 * 2**20)])
    assert storage.get("big", 20 * 2**20 - 3, 20 * 2**20) == b"yyy"


@pytest.mark.parametrize("wrong", [{"secret": "wrong"}, {"key": "wrong"}])
def test_a_wrong_signature_is_refused(simulator, wrong):
    with pytest.raises(StorageTrouble):
        an_s3(simulator, **wrong).put("a", [b"x"])
