"""The audit: who did or read what, append-only, sealed into a hash chain.

`record` is here; the chain is in `audit.chain`, lists in `audit.queries`, who may see them in `audit.access`.
"""

from huizhen.kernel.audit.entries import record

__all__ = ["record"]
