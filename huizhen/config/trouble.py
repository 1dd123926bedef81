"""Troubles an operator can do something about: said in one sentence, followed by what to do, without a traceback."""


class Trouble(RuntimeError):
    """Something outside the program is not as it must be. Nothing was changed or destroyed.

    `what` says what was found, `todo` what helps.
    """

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what} {todo}")
        self.what, self.todo = what, todo
