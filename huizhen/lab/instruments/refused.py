"""A refusal of an instrument's or a profile's data: which field, and why."""


class Refused(Exception):
    """What was given cannot be used. `field` and a sentence-free `code`; `detail` may quote a profile's parser."""

    def __init__(self, field: str, code: str, detail: str = "") -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code, self.detail = field, code, detail
