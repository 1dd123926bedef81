"""All simulators in one process: HTTP on one port, SMTP on the next, and what was received at `/`."""

import json
import logging
import socket
import threading
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiosmtpd.controller import Controller
from django.conf import settings

from huizhen.kernel.fakes import aliyun, dingtalk, feishu, wecom
from huizhen.kernel.fakes.desk import Answer, Call, Desk, Mood
from huizhen.kernel.fakes.mailbox import Mailbox
from huizhen.kernel.fakes.page import draw
from huizhen.kernel.fakes.ports import free_port

LARGEST = 1 << 20
HOST = "127.0.0.1"


class Simulators:
    """The running simulators; `with Simulators() as fakes:` takes free ports, `fakes.desk` has what was received."""

    def __init__(self, port: int = 0, mail_port: int = 0) -> None:
        self.desk = Desk()
        self.stopped = threading.Event()
        handler = type("Handler", (_Handler,), {"desk": self.desk, "stopped": self.stopped})
        self.http = _Server((HOST, port), handler)
        self.port: int = self.http.server_address[1]
        self.mail_port = mail_port or free_port()
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.mail = Controller(Mailbox(self.desk), hostname=HOST, port=self.mail_port, server_hostname="localhost")

    @property
    def url(self) -> str:
        """The address of the HTTP side."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> "Simulators":
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        self.mail.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.http.shutdown()
        self.http.server_close()
        self.mail.stop()


def main() -> None:
    """Serve until interrupted. Only for demonstrations and tests: whatever is sent here goes nowhere."""
    with Simulators(settings.SIMULATORS_PORT, settings.SIMULATORS_MAIL_PORT) as fakes, suppress(KeyboardInterrupt):
        fakes.stopped.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Bind without asking the name service who 127.0.0.1 is: without a network that takes half a minute."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    desk: Desk
    stopped: threading.Event
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page, and the same as JSON."""
        path = urlsplit(self.path).path
        if path == "/":
            self._reply(draw(self.desk.received()).encode(), "text/html; charset=utf-8")
        elif path == "/received.json":
            self._reply_json([asdict(post) for post in self.desk.received()])
        elif path == "/healthz":
            self._reply_json({"ok": True})
        else:
            self._reply_json({}, HTTPStatus.NOT_FOUND)

    def do_DELETE(self) -> None:
        """Forget everything."""
        self.desk.clear()
        self._reply_json({})

    def do_POST(self) -> None:
        """A service's own address, or `/misbehave` with `{"channel", "mood", "times"}`."""
        call = self._call()
        if call.path == "/misbehave":
            wish = json.loads(call.body)
            self.desk.misbehave(wish["channel"], Mood(wish["mood"]), int(wish.get("times", 1)))
            self._reply_json({})
            return
        service = _service(call)
        if service is None:
            self._reply_json({}, HTTPStatus.NOT_FOUND)
            return
        mood = self.desk.mood_of(service.CHANNEL)
        if mood == Mood.ERROR:
            self._reply(b"Internal Server Error", "text/plain", HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._finish(service.answer(call, self.desk, mood), mood)

    def _finish(self, answer: Answer, mood: Mood | None) -> None:
        if answer.post:
            self.desk.keep(answer.post)
        if mood == Mood.SILENCE:
            self.stopped.wait()
        if mood in (Mood.SILENCE, Mood.LOSE):
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._reply_json(answer.fields, answer.status)

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        size = min(int(self.headers.get("Content-Length") or 0), LARGEST)
        return Call(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(size),
        )

    def _reply_json(self, fields: Any, status: int = HTTPStatus.OK) -> None:
        self._reply(json.dumps(fields, ensure_ascii=False).encode(), "application/json; charset=utf-8", status)

    def _reply(self, body: bytes, kind: str, status: int = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: what was received is on the page."""


def _service(call: Call) -> Any:
    if call.path == wecom.PATH:
        return wecom
    if call.path == dingtalk.PATH:
        return dingtalk
    if call.path.startswith(feishu.PREFIX):
        return feishu
    return aliyun if call.path == "/" else None
