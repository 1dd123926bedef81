"""`python -m bench.unaudited`: the web process with nothing written into the audit, to know what the audit costs.

Here only: the product has no switch for this, and must not have one.
"""

import os
from pathlib import Path
from unittest.mock import patch

from django.conf import settings

from huizhen.config import processes
from huizhen.config.wsgi import application
from huizhen.kernel import audit

patch.object(audit, "record", lambda *_, **__: None).start()

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
