"""The tus protocol as a client sees it, over real requests."""

import base64
import hashlib
import io
import os
import uuid

import pytest

from huizhen.kernel import clock, files
from huizhen.kernel.files import tus
from huizhen.kernel.files.models import File

PDF = b"%PDF-1.7\n" + os.urandom(5 * 2**20)
pytestmark = pytest.mark.django_db


class CutConnection(io.BytesIO):
    """A body whose connection is cut where its data end."""

    def read(self, size: int = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise ConnectionResetError
        return data


class Client:
    """Speaks tus as one person."""

    def __init__(self, actor) -> None:
        self.actor = actor

    def ask(self, method: str, file_id=None, body=b"", **headers) -> tus.Answer:
        named = {"tus-resumable": "1.0.0"} | {name.replace("_", "-"): str(value) for name, value in headers.items()}
        source = io.BytesIO(body) if isinstance(body, bytes) else body
        named = {name: value for name, value in named.items() if value != "None"}
        return tus.handle(tus.Request(method, named, source, file_id), actor=self.actor, at=clock.now())

    def create(self, size: int = len(PDF), name: str = "ct.pdf", purpose: str = "document") -> tus.Answer:
        pairs = {"filename": name, "purpose": purpose}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        return self.ask("POST", upload_length=size, upload_metadata=metadata)

    def patch(self, file_id, offset: int, body, **headers) -> tus.Answer:
        length = len(body) if isinstance(body, bytes) else 0
        headers = {"content_type": tus.CONTENT_TYPE, "upload_offset": offset, "content_length": length} | headers
        return self.ask("PATCH", file_id, body, **headers)


@pytest.fixture
def client(doctor):
    return Client(doctor)


@pytest.fixture
def file_id(client):
    return client.create().file.id


def sha1(data: bytes) -> str:
    return "sha1 " + base64.b64encode(hashlib.sha1(data).digest()).decode()  # noqa: S324


class TestWay:
    def test_create_ask_and_send(self, client):
        created = client.create()
        assert created.status == 201
        assert created.headers["Upload-Offset"] == "0"
        assert created.headers["Upload-Expires"].endswith("GMT")
        file_id = created.file.id
        assert client.patch(file_id, 0, PDF[:3_000_000]).headers["Upload-Offset"] == "3000000"
        asked = client.ask("HEAD", file_id)
        assert (asked.status, asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == (
            200,
            "3000000",
            str(len(PDF)),
        )
        assert asked.headers["Cache-Control"] == "no-store"
        done = client.patch(file_id, 3_000_000, PDF[3_000_000:])
        assert (done.status, done.headers["Upload-Offset"]) == (204, str(len(PDF)))
        with files.open_file(File.objects.get(id=file_id)) as reader:
            assert reader.read() == PDF

    def test_options(self, client):
        answer = client.ask("OPTIONS", tus_resumable=None)
        assert answer.status == 204
        assert answer.headers["Tus-Extension"] == "creation,checksum,termination,expiration"
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"

    def test_method_override(self, client, file_id):
        assert client.ask("POST", file_id, x_http_method_override="HEAD").status == 200

    def test_a_cut_connection_keeps_what_came(self, client, file_id):
        with pytest.raises(ConnectionResetError):
            client.patch(file_id, 0, CutConnection(PDF[:4_500_000]))
        assert client.ask("HEAD", file_id).headers["Upload-Offset"] == "4500000"
        assert client.patch(file_id, 4_500_000, PDF[4_500_000:]).status == 204
        assert File.objects.get(id=file_id).state == "ready"

    def test_killed_before_finishing_the_next_look_finishes(self, client, file_id, doctor):
        files.append(file_id, 0, PDF, actor=doctor)
        assert client.ask("HEAD", file_id).status == 200
        assert File.objects.get(id=file_id).state == "ready"


class TestChecksum:
    def test_fits(self, client, file_id):
        answer = client.patch(file_id, 0, PDF[:1000], upload_checksum=sha1(PDF[:1000]))
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, "1000")

    def test_does_not_fit_and_nothing_is_kept(self, client, file_id, folder):
        answer = client.patch(file_id, 0, PDF, upload_checksum=sha1(b"other"))
        assert answer.status == 460
        assert client.ask("HEAD", file_id).headers["Upload-Offset"] == "0"
        assert not [path for path in folder.rglob("*") if path.is_file()]

    def test_cut_connection_keeps_nothing(self, client, file_id):
        body = CutConnection(PDF[:4_500_000])
        with pytest.raises(ConnectionResetError):
            client.patch(file_id, 0, body, upload_checksum=sha1(PDF), content_length=len(PDF))
        assert client.ask("HEAD", file_id).headers["Upload-Offset"] == "0"

    def test_unknown_algorithm(self, client, file_id):
        assert client.patch(file_id, 0, b"x", upload_checksum="crc32 x").status == 400

    def test_too_large_to_be_all_or_nothing(self, client, file_id):
        answer = client.patch(file_id, 0, b"x", upload_checksum=sha1(b"x"), content_length=10**9)
        assert answer.status == 413


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "headers", "status"),
        [
            ("POST", {}, 400),
            ("POST", {"upload_length": "-1"}, 400),
            ("POST", {"upload_length": "1e3"}, 400),
            ("POST", {"upload_length": "0"}, 400),
            ("POST", {"upload_length": "2000000000"}, 413),
            ("POST", {"upload_length": "5", "upload_metadata": "filename ???"}, 400),
            ("POST", {"upload_length": "5", "upload_metadata": "purpose eA=="}, 400),
            ("POST", {"upload_length": "5", "tus_resumable": "0.2.2"}, 412),
            ("POST", {"upload_length": "5", "tus_resumable": None}, 412),
            ("PUT", {}, 405),
            ("PATCH", {}, 405),
        ],
    )
    def test_of_the_collection(self, client, method, headers, status):
        answer = client.ask(method, **headers)
        assert answer.status == status
        assert answer.headers["Tus-Resumable"] == "1.0.0"

    def test_of_one_upload(self, client, file_id):
        assert client.ask("PATCH", file_id, b"x", upload_offset=0).status == 415
        assert client.patch(file_id, "x", b"x").status == 400
        wrong = client.patch(file_id, 7, b"x")
        assert (wrong.status, wrong.headers["Upload-Offset"]) == (409, "0")
        assert client.ask("GET", file_id).status == 405
        assert client.ask("HEAD", uuid.uuid4()).status == 404

    def test_more_than_was_promised(self, client):
        file_id = client.create(size=1000).file.id
        answer = client.patch(file_id, 0, PDF)
        assert (answer.status, answer.code) == (413, "too_large")
        assert client.ask("HEAD", file_id).status == 413

    def test_another_type_than_the_name_says(self, client):
        file_id = client.create(size=500, name="a.png").file.id
        answer = client.patch(file_id, 0, PDF[:500])
        assert (answer.status, answer.code) == (422, "wrong_type")

    def test_somebody_elses_does_not_exist(self, file_id, other):
        for method in ("HEAD", "DELETE"):
            assert Client(other).ask(method, file_id).status == 404
        assert Client(other).patch(file_id, 0, b"x").status == 404

    def test_ended_by_its_owner(self, client, file_id, folder):
        client.patch(file_id, 0, PDF[:1000])
        assert client.ask("DELETE", file_id).status == 204
        assert client.ask("HEAD", file_id).status == 410
        assert not [path for path in folder.rglob("*") if path.is_file()]

    def test_what_is_finished_is_not_ended(self, client, file_id):
        client.patch(file_id, 0, PDF)
        assert client.ask("DELETE", file_id).status == 403
        assert client.patch(file_id, len(PDF), b"x").status == 409
