"""Set up what is missing, then do what was asked: the program behind every `make` command.

Needs nothing but Python 3.11 or newer; this file itself is read by older ones too, so that they can say so.
"""

import os
import shutil
import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def fitting_python():
    """Find another Python on this machine that fits, newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found:
            return found
    return None


def insist_on_python():
    """Go on with a fitting Python where this one is too old or too new, or say which one is needed."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    found = fitting_python()
    if found:
        os.execv(found, [found, *sys.argv])  # noqa: S606 - the program was just found on PATH
    sys.exit(
        "Huizhen needs Python 3.11, 3.12 or 3.13, and this is %s. Nothing was changed.\n"
        "Install one of them (Debian: apt install python3 python3-venv) and start again." % sys.version.split()[0]
    )


if __name__ == "__main__":
    insist_on_python()
    from steps import commands

    sys.exit(commands.main(sys.argv[1:]))
