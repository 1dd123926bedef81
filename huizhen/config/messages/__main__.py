"""`python -m huizhen.config.messages extract | check | compile`."""

import argparse
import sys

from huizhen.config.messages import catalogues, faults, sources


def main(arguments: list[str] | None = None) -> int:
    """Run one of the three commands; the exit status is 1 where `check` finds a fault."""
    parser = argparse.ArgumentParser(prog="python -m huizhen.config.messages")
    parser.add_argument("command", choices=("extract", "check", "compile"))
    command = parser.parse_args(arguments).command
    if command == "compile":
        sys.stdout.write(f"{catalogues.compile_all()} catalogues compiled\n")
        return 0
    if command == "extract":
        for path in catalogues.merge(sources.list_sentences()):
            sys.stdout.write(f"{path.relative_to(sources.PACKAGE.parent)}\n")
        return 0
    found = faults.list_faults()
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
