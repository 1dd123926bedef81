"""The S3 adapter: any S3-compatible store, through obstore."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from huizhen.kernel.files.ports import Missing, StorageTrouble

PART = 8 * 2**20
ATTEMPTS = 4
Answer = TypeVar("Answer")


class S3:
    """Objects of one bucket, below an optional prefix. Single requests are repeated on 5xx and cut connections;
    large objects go up in parts and appear only when complete."""

    def __init__(self, url: str, *, key: str, secret: str) -> None:
        """`url`: `s3://bucket/prefix?endpoint=https://…&region=…`; without an endpoint, AWS."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        endpoint = query.get("endpoint")
        extra: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            region=query.get("region", "us-east-1"),
            access_key_id=key,
            secret_access_key=secret,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http:")),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            retry_config={"max_retries": ATTEMPTS, "retry_timeout": timedelta(seconds=30)},
            **extra,
        )

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Upload; S3 shows an object only when all of it is there."""
        # Not obstore.put: it draws the chunks inside its own runtime, where reading other objects panics.
        writer = _asked(name, lambda: obstore.open_writer(self._store, name, buffer_size=PART, max_concurrency=4))
        for chunk in chunks:
            _asked(name, partial(writer.write, chunk))
        # Reached only when the source gave everything: an unfinished upload is never completed. Its parts are
        # invisible; the bucket's lifecycle rule AbortIncompleteMultipartUpload removes them (docs/kernel/files.md).
        _asked(name, writer.close)

    def get(self, name: str, start: int, end: int) -> bytes:
        """Read a range. Raises `Missing`."""
        return bytes(_asked(name, lambda: obstore.get_range(self._store, name, start=start, end=end)))

    def delete(self, name: str) -> None:
        """Remove an object; no error where there is none."""
        try:
            _asked(name, lambda: obstore.delete(self._store, name))
        except Missing:
            return

    def names(self, prefix: str) -> list[str]:
        """The objects below the folder `prefix`."""
        pages = _asked(prefix, lambda: list(obstore.list(self._store, prefix)))
        return sorted(item["path"] for page in pages for item in page)


def _asked(name: str, ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except FileNotFoundError:
        raise Missing(name) from None
    except (BaseError, OSError) as error:
        raise StorageTrouble(f"{name}: {type(error).__name__}") from error
