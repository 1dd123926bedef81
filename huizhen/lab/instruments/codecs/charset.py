"""Which letters bytes mean. Labels lie: GB18030 comes under an ASCII or an empty label (domain.md §3)."""

# What stands in MSH-18 (HL7 table 0211), and what devices write there instead.
LABELS = {
    "ASCII": "", "": "", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8",
    "GB 18030-2000": "gb18030", "GB18030": "gb18030", "GBK": "gb18030", "GB2312": "gb18030",
    "8859/1": "latin-1", "8859/2": "iso8859-2", "8859/5": "iso8859-5", "8859/9": "iso8859-9", "8859/15": "iso8859-15",
    "BIG-5": "big5", "SHIFT-JIS": "shift_jis", "ISO IR87": "iso2022_jp", "KS X 1001": "euc_kr",
}  # fmt: skip
# Signs of units and names of Greek letters that UTF-8 spells in two bytes; GB18030 would read rare characters there.
SIGNS = frozenset("°±²³·×÷µΩαβγδεκλμ")
FIRST_CHINESE, LAST_CHINESE = "\u3000", "\ufaff"


def decode(data: bytes, label: str = "") -> tuple[str, str]:
    """Text, and the encoding it was read by (`ascii` where any would do).

    A label that fits is believed; one that says nothing or does not fit gives way to what the bytes look like.
    Nothing is lost: bytes that fit nowhere come back as Latin-1, which maps each to one letter, under `unknown`.
    """
    if data.isascii():
        return data.decode("ascii"), "ascii"
    wanted = LABELS.get(label.strip().upper(), "")
    for encoding in (wanted, sniff(data), "gb18030", "utf-8"):
        if encoding and (text := _try(data, encoding)) is not None:
            return text, encoding
    return data.decode("latin-1"), "unknown"


def encode(text: str, encoding: str) -> bytes:
    """The bytes of a text in an encoding that `decode` named; UTF-8 where that encoding lacks a letter."""
    try:
        return text.encode({"unknown": "latin-1"}.get(encoding, encoding))
    except UnicodeEncodeError:
        return text.encode()


def sniff(data: bytes) -> str:
    """`utf-8` or `gb18030`, by what the bytes would say; empty where neither fits."""
    text = _try(data, "utf-8")
    if text is None:
        return "gb18030" if _try(data, "gb18030") is not None else ""
    high = {letter for letter in text if letter > "\x7f"}
    # A few pairs of bytes are letters in both. Rare letters of UTF-8 that are plain Chinese in GB18030 are Chinese.
    if high <= SIGNS or any(letter >= "\u0800" for letter in high):
        return "utf-8"
    chinese = _try(data, "gb18030")
    if chinese and all(FIRST_CHINESE <= letter <= LAST_CHINESE for letter in chinese if letter > "\x7f"):
        return "gb18030"
    return "utf-8"


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
