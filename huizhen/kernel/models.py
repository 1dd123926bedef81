"""The tables of this module, gathered for Django."""

from huizhen.kernel.calendar.models import Holiday

__all__ = ["Holiday"]
