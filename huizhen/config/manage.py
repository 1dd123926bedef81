"""Django's own commands: `python -m huizhen.config.manage migrate`, also `huizhen manage migrate`."""

import os
import sys

from django.core.management import execute_from_command_line


def run(*words: str) -> None:
    """Run one of Django's own commands, such as `huizhen manage createsuperuser`."""
    execute_from_command_line(["huizhen manage", *words])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")
    execute_from_command_line(sys.argv)
