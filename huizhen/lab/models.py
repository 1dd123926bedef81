"""The tables of this module, gathered for Django."""

from huizhen.lab.instruments.models import Instrument, InstrumentHour, ProfileVersion, RawMessage

__all__ = ["Instrument", "InstrumentHour", "ProfileVersion", "RawMessage"]
