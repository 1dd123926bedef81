"""The storage chosen by the settings."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huizhen.kernel.files.ports import Folder, Storage
from huizhen.kernel.files.s3 import S3


def storage() -> Storage:
    """The storage of `HUIZHEN_FILES_URL`, made once."""
    return _make(settings.FILES_URL, str(settings.FILES_ROOT), settings.S3_KEY, settings.S3_SECRET)


@lru_cache(maxsize=4)
def _make(url: str, root: str, key: str, secret: str) -> Storage:
    if url.startswith("s3://"):
        return S3(url, key=key, secret=secret)
    if url in {"", "file:"}:
        return Folder(Path(root))
    if url.startswith("file:///"):
        return Folder(Path(url.removeprefix("file://")))
    raise ImproperlyConfigured("HUIZHEN_FILES_URL takes `file:`, `file:///folder` or `s3://bucket/prefix?endpoint=…`.")
