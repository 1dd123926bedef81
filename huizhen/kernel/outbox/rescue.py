"""Jobs whose worker died in the middle go back to waiting; old finished jobs go away."""

from asgiref.sync import async_to_sync
from procrastinate.contrib.django import app

from huizhen.kernel import clock
from huizhen.kernel.outbox.tasks import periodic

SILENT_FOR_SECONDS = 30
KEEP_HOURS = 72


@periodic("outbox.rescue", "* * * * *")
def rescue() -> None:
    """Give back every job whose worker has sent no sign of life for half a minute."""
    manager = app.job_manager
    stalled = async_to_sync(manager.get_stalled_jobs)(seconds_since_heartbeat=SILENT_FOR_SECONDS)
    for job in stalled:
        async_to_sync(manager.retry_job)(job, retry_at=clock.now())


@periodic("outbox.sweep_finished", "17 * * * *")
def sweep_finished() -> None:
    """Remove jobs that succeeded three days ago; failed ones stay until somebody has looked."""
    async_to_sync(app.job_manager.delete_old_jobs)(nb_hours=KEEP_HOURS)
