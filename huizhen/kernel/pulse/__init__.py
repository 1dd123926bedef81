"""A pulse says "look again from here", never more. Losing one does no harm: clients ask by cursor."""

from huizhen.kernel.pulse.bus import EVERYTHING, Pulse
from huizhen.kernel.pulse.hearing import listen
from huizhen.kernel.pulse.sending import beat
from huizhen.kernel.pulse.tickets import BadTicket, Ticket, mint_ticket, read_ticket

__all__ = ["EVERYTHING", "BadTicket", "Pulse", "Ticket", "beat", "listen", "mint_ticket", "read_ticket"]
