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
    """Debian's packages, where they are missing and we may. Root on Debian, as in CI, is without them only where something
    is broken, and the test fails; elsewhere it says why it was left out."""
    if is_there():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("Orthanc is not installed, and only root on Debian may: apt install orthanc orthanc-dicomweb")
    environ, said = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, ""
    for words in (["update"], ["install", "-y", "--no-install-recommends", "orthanc", "orthanc-dicomweb"]):
        done = subprocess.run(["apt-get", "-qq", *words], env=environ, capture_output=True, text=True)
        said += done.stdout + done.stderr
    if not is_there():
        pytest.fail(f"Debian's orthanc and orthanc-dicomweb could not be installed: {said[-2000:]}")


def is_there() -> bool:
    """Whether the program and its DICOMweb part are installed."""
    return Path(PROGRAM).exists() and Path(PLUGIN).exists()


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
