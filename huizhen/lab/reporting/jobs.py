"""Timer entries of reporting."""

from huizhen.kernel import clock, outbox
from huizhen.lab.reporting import actions, queries, sending
from huizhen.lab.reporting.models import Way
from huizhen.lab.reporting.ports import HttpReceiver


@outbox.periodic("lab.reporting.run", "* * * * * */5")
def run() -> None:
    """Enlist what was released, and have each platform worked off that takes it over the network."""
    while actions.enlist(at=clock.now()) == actions.ENLIST:
        pass
    actions.start_sending(send, [one for one in queries.list_upstreams() if one.way == Way.HTTP])


@outbox.task("lab.reporting.send")
def send(upstream_id: str) -> None:
    """Work one platform off. May run twice, also at once: batches are claimed."""
    upstream = next((one for one in queries.list_upstreams() if str(one.id) == upstream_id), None)
    if upstream is not None and upstream.way == Way.HTTP:
        sending.catch_up(upstream, HttpReceiver(upstream.url, upstream.secret))
        actions.close_accepted(at=clock.now())


@outbox.periodic("lab.reporting.late", "*/10 * * * *")
def report_late() -> None:
    """A platform that takes nothing for hours is somebody's case, until it has caught up; a file that nobody carries
    there, too."""
    upstreams = list(queries.list_upstreams())
    actions.report_late(upstreams, at=clock.now())
    actions.report_missed(upstreams, at=clock.now())
    actions.report_shut(upstreams, at=clock.now())
    actions.report_not_handed_in(at=clock.now())
    actions.close_accepted(at=clock.now())
