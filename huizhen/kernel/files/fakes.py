"""A small S3 server, shipped for demonstrations and tests: one bucket in memory, behind real HTTP.

Speaks PUT, GET with Range, HEAD, DELETE, ListObjectsV2 and multipart uploads, checks every signature, and
misbehaves when told to: `simulator.troubles.append("503")`, or `"cut"`.
"""

import hashlib
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

from huizhen.kernel.files.signature import BadSignature, check_signature

BUCKET = "huizhen"


@dataclass
class Simulator:
    """The bucket and how the server behaves. `troubles` are used up one per request, first first."""

    key: str = "demonstration"
    secret: str = "demonstration"  # noqa: S105
    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    multiparts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address for `HUIZHEN_FILES_URL`."""
        return f"s3://{BUCKET}/files?endpoint=http://127.0.0.1:{self.port}"


@contextmanager
def simulated_s3() -> Iterator[Simulator]:
    """Run the simulator on a free port while the block lasts."""
    simulator = Simulator()
    handler = type("BoundHandler", (Handler,), {"simulator": simulator})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    simulator.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    simulator: Simulator
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        """Check, misbehave, answer."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        name = unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/")
        self.simulator.requests.append(f"{self.command} {name}")
        trouble = self.simulator.troubles.pop(0) if self.simulator.troubles else ""
        if trouble == "cut":
            self.close_connection = True
            self.connection.close()
            return
        if trouble:
            self.answer(int(trouble), b"<Error><Code>SlowDown</Code></Error>")
            return
        try:
            self.check(body)
        except BadSignature as bad:
            self.answer(403, f"<Error><Code>SignatureDoesNotMatch</Code><Message>{bad}</Message></Error>".encode())
            return
        getattr(self, f"on_{self.command.lower()}")(name, query, body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815

    def check(self, body: bytes) -> None:
        """Raise `BadSignature` where the request is not signed as it must be."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        check_signature(self.command, self.path, headers, body, key=self.simulator.key, secret=self.simulator.secret)

    def on_put(self, name: str, query: dict[str, str], body: bytes) -> None:
        """An object, or one part of a large one."""
        if "uploadId" in query:
            parts = self.simulator.multiparts.get(query["uploadId"])
            if parts is None:
                self.missing("NoSuchUpload")
                return
            parts[int(query["partNumber"])] = body
        else:
            self.simulator.objects[name] = body
        self.answer(200, headers={"ETag": _etag(body)})

    def on_post(self, name: str, query: dict[str, str], body: bytes) -> None:
        """Begin or complete a large object, which is there only when complete; or remove several objects."""
        if "delete" in query:
            self.delete_several(body)
            return
        if "uploads" in query:
            upload = secrets.token_hex(8)
            self.simulator.multiparts[upload] = {}
            self.answer_xml("InitiateMultipartUploadResult", f"<Key>{escape(name)}</Key><UploadId>{upload}</UploadId>")
            return
        parts = self.simulator.multiparts.pop(query.get("uploadId", ""), None)
        if parts is None:
            self.missing("NoSuchUpload")
            return
        self.simulator.objects[name] = b"".join(parts[number] for number in sorted(parts))
        etag = _etag(self.simulator.objects[name])
        self.answer_xml("CompleteMultipartUploadResult", f"<Key>{escape(name)}</Key><ETag>{escape(etag)}</ETag>")

    def on_get(self, name: str, query: dict[str, str], body: bytes) -> None:
        """An object, a range of it, or the list of names."""
        if query.get("list-type") == "2":
            self.list_names(query.get("prefix", ""))
            return
        data = self.simulator.objects.get(name)
        if data is None:
            self.missing("NoSuchKey")
            return
        wanted = self.headers.get("Range")
        if not wanted:
            self.answer(200, data, {"ETag": _etag(data), "Last-Modified": MOMENT})
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last) if last else len(data) - 1, len(data) - 1)
        if start >= len(data):
            self.answer(416)
            return
        shown = {"Content-Range": f"bytes {start}-{end}/{len(data)}", "ETag": _etag(data), "Last-Modified": MOMENT}
        self.answer(206, data[start : end + 1], shown)

    def on_head(self, name: str, query: dict[str, str], body: bytes) -> None:
        """Whether an object is there, and how large."""
        data = self.simulator.objects.get(name)
        if data is None:
            self.missing("NoSuchKey")
        else:
            self.answer(200, data, {"ETag": _etag(data), "Last-Modified": MOMENT})

    def on_delete(self, name: str, query: dict[str, str], body: bytes) -> None:
        """Remove an object, or give up a large one."""
        if "uploadId" in query:
            self.simulator.multiparts.pop(query["uploadId"], None)
        else:
            self.simulator.objects.pop(name, None)
        self.answer(204)

    def delete_several(self, body: bytes) -> None:
        """DeleteObjects: the names stand in the body."""
        names = [unescape(name) for name in re.findall(r"<Key>(.*?)</Key>", body.decode())]
        for name in names:
            self.simulator.objects.pop(name, None)
        deleted = "".join(f"<Deleted><Key>{escape(name)}</Key></Deleted>" for name in names)
        self.answer_xml("DeleteResult", deleted)

    def list_names(self, prefix: str) -> None:
        """ListObjectsV2, in one page."""
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(data)}</Size>"
            f"<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{escape(_etag(data))}</ETag></Contents>"
            for name, data in sorted(self.simulator.objects.items())
            if name.startswith(prefix)
        )
        self.answer_xml("ListBucketResult", f"<Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{rows}")

    def missing(self, code: str) -> None:
        """404 in S3's words."""
        self.answer(404, f"<Error><Code>{code}</Code></Error>".encode())

    def answer_xml(self, root: str, inside: str) -> None:
        """200 with a document."""
        text = f'<?xml version="1.0" encoding="UTF-8"?><{root}>{inside}</{root}>'
        self.answer(200, text.encode(), {"Content-Type": "application/xml"})

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Write the answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: tests look at `requests`."""


MOMENT = "Thu, 01 Jan 2026 00:00:00 GMT"


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'
