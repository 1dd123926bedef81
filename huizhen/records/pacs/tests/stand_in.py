"""A stand-in for a hospital's archive, a process of its own: it gives the DICOM files of a folder by DICOMweb, and, where
told so, dies in the middle of one. `python -m huizhen.records.pacs.tests.stand_in FOLDER PORT [DIES_AT]`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pydicom

from huizhen.records.pacs.ports import write_parts
from huizhen.records.pacs.tests.orthanc import wait_until_answered


@contextmanager
def running(folder: Path, port: int, *, dies_at: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """The archive of a folder on a port, alive; with `dies_at` it is killed half way through that image."""
    command = [sys.executable, "-m", "huizhen.records.pacs.tests.stand_in", str(folder), str(port), str(dies_at)]
    process = subprocess.Popen(command)
    try:
        wait_until_answered(f"http://127.0.0.1:{port}/")
        yield process
    finally:
        process.kill()
        process.wait()


class Archive(BaseHTTPRequestHandler):
    """Answers `…/instances` with a list and `…/instances/<uid>` with the file."""

    files: dict[str, tuple[str, bytes]]
    dies_at: int
    given = 0

    def do_GET(self) -> None:
        where = self.path.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
        if where in self.files:
            self._give(self.files[where][1])
            return
        rows = [
            {"0020000E": {"vr": "UI", "Value": [series]}, "00080018": {"vr": "UI", "Value": [uid]}}
            for uid, (series, _data) in self.files.items()
        ]
        self._answer("application/dicom+json", json.dumps(rows).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is http.server's
        """Say nothing."""

    def _give(self, data: bytes) -> None:
        Archive.given += 1
        body = write_parts([data], "cut")
        self._answer('multipart/related; type="application/dicom"; boundary=cut', body, half=self.given == self.dies_at)

    def _answer(self, kind: str, body: bytes, *, half: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.wfile.flush()
        if half:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, port: str, dies_at: str) -> None:
    """Serve until killed."""
    Archive.files, Archive.dies_at = {}, int(dies_at)
    for path in sorted(Path(folder).iterdir()):
        head = pydicom.dcmread(path, stop_before_pixels=True)
        Archive.files[str(head.SOPInstanceUID)] = (str(head.SeriesInstanceUID), path.read_bytes())
    HTTPServer(("127.0.0.1", int(port)), Archive).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
