"""The face of the look-up, straight on Granian's own interface (RSGI): nothing stands between a question and its answer
that an answer does not need. It is a process of its own, so that no crowd here takes anything from those at work."""

import asyncio
from typing import Any

import structlog
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from huizhen.kernel import clock
from huizhen.lab.lookup.access import Asker, BadToken, read_token
from huizhen.lab.lookup.queries import FAULTS, Budget, Reader, Source, Sources, answer, headers

ADDRESS = "/lookup/results"
ALLOWED = "authorization"

__all__ = ["ADDRESS", "Lookup", "LookupFigures", "Source", "Sources"]

log = structlog.get_logger(__name__)


class Lookup:
    """`GET /lookup/results` with a token: 200 and the person's results; 401 where the token is forged or expired;
    503 with Retry-After where too many wait or the database does not answer."""

    def __init__(self, sources: Sources, *, lanes: int, citizens: int, staff: int, origin: str) -> None:
        self.sources, self.reader = sources, Reader(sources.read, lanes)
        self.budgets = {Asker.CITIZEN: Budget(citizens), Asker.STAFF: Budget(staff)}
        self.headers = list(headers(origin).items())
        self.answered = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by Granian before the first question."""
        loop.run_until_complete(self.sources.open())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let go of the database."""
        loop.run_until_complete(self.sources.close())

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """One request."""
        if scope.path != ADDRESS or scope.method != "GET":
            self._other(scope, protocol)
            return
        try:
            said = read_token((scope.headers.get("authorization") or "")[7:], clock.now().timestamp())
        except BadToken as error:
            self._refuse(protocol, 401, f'{{"code":"token_{error}"}}', ("www-authenticate", "Bearer"))
            return
        budget = self.budgets[said.asker]
        if not budget.enter():
            self._later(protocol, budget)
            return
        try:
            body = answer(await self.reader.ask_all(said.records))
        except FAULTS as error:
            log.warning("lookup.no_answer", error=type(error).__name__)
            self._later(protocol, budget)
            return
        finally:
            budget.leave()
        self.answered += 1
        protocol.response_bytes(200, self.headers, body)

    def _later(self, protocol: Any, budget: Budget) -> None:
        self._refuse(protocol, 503, '{"code":"come_again"}', ("retry-after", str(budget.come_again())))

    def _refuse(self, protocol: Any, status: int, body: str, *more: tuple[str, str]) -> None:
        protocol.response_str(status, [*self.headers, *more], body)

    def _other(self, scope: Any, protocol: Any) -> None:
        if scope.method == "OPTIONS" and scope.path == ADDRESS:
            allowed = [("access-control-allow-headers", ALLOWED), ("access-control-max-age", "600")]
            protocol.response_empty(204, [*self.headers, *allowed])
        elif scope.path == "/healthz":
            protocol.response_str(200, self.headers, '{"status":"alive"}')
        elif scope.path == "/metrics":
            protocol.response_bytes(200, [("content-type", "text/plain; version=0.0.4")], generate_latest(REGISTRY))
        else:
            self._refuse(protocol, 404, '{"code":"not_found"}')


class LookupFigures:
    """The counters of a look-up process in the words of Prometheus, read when asked for."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup

    def collect(self) -> Any:
        """Answered, refused and waiting now, by budget."""
        refused = CounterMetricFamily("huizhen_lookup_refused", "Told to come again", labels=["budget"])
        waiting = GaugeMetricFamily("huizhen_lookup_waiting", "Waiting for an answer now", labels=["budget"])
        for asker, budget in self.lookup.budgets.items():
            refused.add_metric([asker.name.lower()], budget.refused)
            waiting.add_metric([asker.name.lower()], budget.waiting)
        yield CounterMetricFamily("huizhen_lookup_answered", "Answered", value=self.lookup.answered)
        yield refused
        yield waiting
