"""Nothing in the house is so long that one cannot take it in: files of 400 lines, functions of 60, at most."""

from tests.house import tree

FILE_LINES, FUNCTION_LINES = 400, 60
EXCEPTIONS = tree.ROOT / "tests/house/exceptions.txt"


def too_long() -> dict[str, int]:
    """What is over the limit, with its length in lines."""
    found = {}
    for path in tree.files(".py", ".ts", ".html", ".vue"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            found[tree.name(path)] = lines
    for path in tree.python():
        for function in tree.functions(tree.syntax(path)):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > FUNCTION_LINES:
                found[f"{tree.name(path)}:{function.name}"] = lines
    return found


def exceptions() -> dict[str, str]:
    """What may be over the limit, with the reason."""
    lines = [line for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return {place: reason for place, _, reason in (line.partition(" - ") for line in lines)}


def test_files_and_functions_are_short():
    listed = exceptions()
    assert {place: lines for place, lines in too_long().items() if place not in listed} == {}


def test_the_list_of_exceptions_only_shrinks():
    long = too_long()
    assert [place for place in exceptions() if place not in long] == [], "take these lines out of exceptions.txt"
    assert [place for place, reason in exceptions().items() if len(reason) < 12] == [], "say why"
