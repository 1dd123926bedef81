"""A real Orthanc from Debian, started for the tests; installed by them when they run as root."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from huizhen.kernel.fakes.ports import free_port

PROGRAM, PLUGIN = "/usr/sbin/Orthanc", "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
USER, PASSWORD = "huizhen", "for-tests-only"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The DICOMweb address of an empty archive that wants a password."""
    install()
    port = free_port()
    settings = folder / "orthanc.json"
    settings.write_text(json.dumps({
        "HttpPort": port, "DicomServerEnabled": False, "RemoteAccessAllowed": False, "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"), "Plugins": [PLUGIN], "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD}, "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }))  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([PROGRAM, str(settings)], stdout=log, stderr=log)
        try:
            wait_until_answered(f"http://127.0.0.1:{port}/system")
            yield f"http://127.0.0.1:{port}/dicom-web"
        finally:
            process.terminate()
            process.wait(20)


def install() -> None:
    """Debian's packages, where they are missing and we may; else the test says why it was left out."""
    if Path(PROGRAM).exists() and Path(PLUGIN).exists():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", "orthanc", "orthanc-dicomweb"],
        ):
            subprocess.run(["apt-get", *words], env=environ, stdout=subprocess.DEVNULL, check=False)
    if not Path(PLUGIN).exists():
        pytest.skip("Orthanc is not installed and cannot be: apt install orthanc orthanc-dicomweb")


def wait_until_answered(address: str) -> None:
    """Until the server speaks, 30 seconds at most."""
    for _ in range(300):
        try:
            httpx.get(address, timeout=1)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)
