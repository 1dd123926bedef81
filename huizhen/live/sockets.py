"""The WebSocket `/ws`: pulses for the channels of a signed ticket, and nothing else.

The server sends `{"c": channel, "n": cursor}`; `n` 0 means "ask from your last cursor". A channel that had news since
the ticket was minted begins with it, so a client that simply obeys misses nothing between drawing its page and opening
the socket. A message with an empty channel is the heartbeat: the client answers with any text.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from huizhen.kernel import clock
from huizhen.kernel.pulse import BadTicket, Pulse, Ticket, read_ticket
from huizhen.live.hub import Crowded, Hub, Listener

BAD_TICKET, CROWDED, TOO_SLOW, TIME_TO_RENEW = 4401, 4429, 4408, 4410
SEND_SECONDS = 10
LONGEST_WORD = 8000


async def pulses(socket: WebSocket) -> None:
    """Serve one socket until either side ends it.

    Closes with 4401 (ticket forged or expired: get a new one), 4429 (too many sockets: wait a minute), 4408 (did not
    keep up or fell silent: come back), 4410 (open for so long that the rights must be checked again: get a new ticket).
    """
    if not is_welcome(socket.headers.get("origin", "")):
        await socket.close()
        return
    await socket.accept()
    try:
        ticket = read_ticket(socket.query_params.get("ticket", ""), clock.now())
    except BadTicket as error:
        await socket.close(BAD_TICKET, str(error))
        return
    await _serve(socket, ticket, socket.app.state.hub)


def is_welcome(origin: str) -> bool:
    """Whether a page of this origin may open a socket. No origin: the client is no browser, and the ticket decides."""
    if not origin:
        return True
    host = (urlsplit(origin).hostname or "").lower()
    known = {urlsplit(settings.PUBLIC_URL).hostname, *settings.ALLOWED_HOSTS}
    return host in known


async def _serve(socket: WebSocket, ticket: Ticket, hub: Hub) -> None:
    listener = Listener(ticket.account_id, ticket.channels)
    try:
        hub.join(listener, ticket.minted_at)
    except Crowded:
        await socket.close(CROWDED, "crowded")
        return
    try:
        code = await _first_to_end(_tell(socket, listener), _attend(socket))
    finally:
        hub.leave(listener)
    if code:
        # A peer that does not read cannot be told goodbye; it must not hold the task either.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            await asyncio.wait_for(socket.close(code), SEND_SECONDS)


async def _first_to_end(*parts: Coroutine[Any, Any, int]) -> int:
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        async with asyncio.timeout(settings.LIVE_RENEW_SECONDS):
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    except TimeoutError:
        return TIME_TO_RENEW
    except (WebSocketDisconnect, RuntimeError):
        return 0
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tell(socket: WebSocket, listener: Listener) -> int:
    """Send what is pending, and a heartbeat in silence. Returns the code to close with."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(listener.stirred.wait(), settings.LIVE_HEARTBEAT_SECONDS)
        try:
            for pulse in listener.take() or [Pulse("", 0)]:
                await asyncio.wait_for(socket.send_text(pulse.encode()), SEND_SECONDS)
        except TimeoutError:
            return TOO_SLOW


async def _attend(socket: WebSocket) -> int:
    """Read the client's signs of life; two heartbeats without any, and it is gone. Returns the code to close with."""
    while True:
        try:
            word = await asyncio.wait_for(socket.receive_text(), settings.LIVE_HEARTBEAT_SECONDS * 2)
        except TimeoutError:
            return TOO_SLOW
        if len(word) > LONGEST_WORD:
            return TOO_SLOW


@asynccontextmanager
async def hearing(app: Starlette) -> AsyncIterator[None]:
    """The part of the live app's lifespan that hears pulses and spreads them."""
    app.state.hub = Hub()
    task = asyncio.create_task(app.state.hub.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


routes: list[BaseRoute] = [WebSocketRoute("/ws", pulses)]
