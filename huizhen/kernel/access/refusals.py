"""The two refusals: not there, and not allowed."""


class NotVisible(Exception):
    """For this actor the thing does not exist: faces answer 404."""


class NotAllowed(Exception):
    """The actor may see the thing but not do this to it: faces answer 403. The argument is the permission."""
