"""The DICOM files that pydicom ships in its wheel: real output of many machines and toolkits."""

from pathlib import Path

import pydicom

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"


def real(name: str) -> bytes:
    """The bytes of one of pydicom's own test files; never downloads."""
    return (FOLDER / name).read_bytes()
