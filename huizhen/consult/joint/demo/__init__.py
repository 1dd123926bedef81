"""The demonstration's consultations, invented, and brought to where they stand by real acts."""

from huizhen.consult.joint.demo.loading import load

__all__ = ["load"]
