"""A server that takes every connection and never ends an answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# A list that has begun.
LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 100000000\r\n\r\n["


@contextmanager
def hanging(*, trickles: bytes = b"") -> Iterator[str]:
    """The address of a server that takes a connection and never ends its answer: silent, or one sign at a time."""
    over, held = threading.Event(), list[socket.socket]()

    def hold() -> None:
        with suppress(OSError):  # the listening socket is closed at the end: that is how this thread ends
            while True:
                connection, _peer = server.accept()
                held.append(connection)
                threading.Thread(target=trickle, args=(connection,), daemon=True).start()

    def trickle(connection: socket.socket) -> None:
        with suppress(OSError):  # whoever asked has gone
            connection.sendall(trickles)
            while trickles and not over.wait(0.02):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hold, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/dicom-web"
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
            for connection in held:
                connection.close()
