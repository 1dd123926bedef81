"""`python -m bench.unaudited`: the web process with a switch for the audit, to know what the audit costs.

Here only: the product has no switch for this, and must not have one.
"""

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings

from bench.switch import Switch
from huizhen.config import processes
from huizhen.config.wsgi import application
from huizhen.kernel import audit

SWITCH, plain = Switch(Path(settings.VAR)), audit.record


def record(*given: Any, **about: Any) -> None:
    """As `audit.record`, where the switch is on."""
    if SWITCH.is_on():
        plain(*given, **about)


patch.object(audit, "record", record).start()

__all__ = ["application"]


def main() -> None:
    """Become Granian as `huizhen web` does, with the application of this module."""
    line = processes.web_command()
    figures = Path(settings.VAR) / "metrics-unaudited"
    figures.mkdir(parents=True, exist_ok=True)
    os.environ |= {"PROMETHEUS_MULTIPROC_DIR": str(figures), "HUIZHEN_PROCESS": "web"}
    os.execv(line[0], [*line[:-1], "bench.unaudited:application"])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
