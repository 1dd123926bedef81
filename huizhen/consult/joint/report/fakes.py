"""The outside world of signing, shipped with the product: a time stamp service that answers from this process."""

from datetime import datetime

from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from huizhen.consult.joint.report.demonstration_ca import DemonstrationCa


def make_timestamps(authority: DemonstrationCa, *, at: datetime) -> DummyTimeStamper:
    """Return a time stamp service (RFC 3161) of the demonstration's CA whose clock stands at `at`."""
    certificate, key = authority.open_timestamps()
    return DummyTimeStamper(certificate, key, fixed_dt=at)
