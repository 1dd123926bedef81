"""Timer entries of specimens."""

from huizhen.kernel import outbox
from huizhen.lab.specimens import actions


@outbox.periodic("lab.specimens.receive_registered", "* * * * * */10")
def receive_registered() -> None:
    """Receive what came in a box and was registered since. Registering does so by itself; here, because two who do it
    in the same moment do not see each other."""
    actions.receive_registered()
