"""A serial port as a stream: `/dev/ttyS0?baud=9600&bits=8&parity=N&stop=1`. The defaults are E1381's."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import serial


class BadAddress(ValueError):
    """A serial line's address cannot be read."""


def open_port(address: str) -> serial.Serial:
    """Open a port that does not wait. Raises BadAddress, OSError."""
    parts = urlsplit(address)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    try:
        return serial.Serial(
            parts.path, int(given.get("baud", "9600")), int(given.get("bits", "8")), given.get("parity", "N"),
            float(given.get("stop", "1")), timeout=0, write_timeout=0, exclusive=True,
        )  # fmt: skip
    except ValueError as error:
        raise BadAddress(f"{address}: {error}") from error


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The two halves of a serial line, as of a socket. Raises BadAddress, OSError."""
    loop = asyncio.get_running_loop()
    port = open_port(address)
    reader = asyncio.StreamReader()
    reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), _Half(port))
    transport, protocol = await loop.connect_write_pipe(lambda: _Writing(reading), _Half(port))
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


class _Writing(asyncio.StreamReaderProtocol):
    """The writing half, whose end is waited for as a socket's is. The reading half ends with it, before the port is
    closed: a descriptor that is still watched would be the next line's."""

    def __init__(self, reading: asyncio.ReadTransport) -> None:
        super().__init__(asyncio.StreamReader())
        self._reading = reading

    def connection_lost(self, exc: Exception | None) -> None:
        """The line was closed, by us or by whoever pulled the plug."""
        self._reading.close()
        super().connection_lost(exc)


class _Half:
    """One direction of an open port, as asyncio's pipes want it; the port closes with the first half that does."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def fileno(self) -> int:
        """The port's descriptor."""
        return int(self._port.fileno())

    def close(self) -> None:
        """Close the port."""
        if self._port.is_open:
            self._port.close()
