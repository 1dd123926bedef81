"""The tables of this module, gathered for Django."""

from huizhen.lab.instruments.models import Instrument, InstrumentHour, OrderDownload, ProfileVersion, RawMessage

__all__ = ["Instrument", "InstrumentHour", "OrderDownload", "ProfileVersion", "RawMessage"]
