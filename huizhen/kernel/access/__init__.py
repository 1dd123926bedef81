"""Who acts, what each role may do, and the two refusals: not there (404) and not allowed (403)."""

from huizhen.kernel.access.actors import SYSTEM, Actor, Membership
from huizhen.kernel.access.directory import Contact, Directory, directory, set_directory
from huizhen.kernel.access.grants import ANYONE, Grant, grant, grants, may, may_on_case
from huizhen.kernel.access.refusals import NotAllowed, NotVisible

__all__ = [
    "ANYONE",
    "SYSTEM",
    "Actor",
    "Contact",
    "Directory",
    "Grant",
    "Membership",
    "NotAllowed",
    "NotVisible",
    "directory",
    "grant",
    "grants",
    "may",
    "may_on_case",
    "set_directory",
]
