"""What may be uploaded for which purpose, and what a file really is, by its first bytes."""

from dataclasses import dataclass

MIB = 2**20
LARGEST = 2**30
SNIFF_BYTES = 132

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DICOM, ZIP = "application/dicom", "application/zip"
FHIR, XML = "application/fhir+json", "application/xml"
AUDIO = ("audio/mpeg", "audio/mp4", "audio/amr", "audio/ogg", "audio/webm")

EXTENSIONS = {
    "pdf": PDF,
    "jpg": JPEG,
    "jpeg": JPEG,
    "png": PNG,
    "heic": HEIC,
    "heif": HEIC,
    "docx": DOCX,
    "dcm": DICOM,
    "dicom": DICOM,
    "ima": DICOM,
    "img": DICOM,
    "zip": ZIP,
    "json": FHIR,
    "xml": XML,
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "amr": "audio/amr",
    "ogg": "audio/ogg",
    "webm": "audio/webm",
}

SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"OggS", "audio/ogg"),
    (b"\x1a\x45\xdf\xa3", "audio/webm"),
)
# The first letter of a text, after blanks and a byte order mark.
TEXTS = {b"{": FHIR, b"<": XML}
# Brands of ISO base media files: still pictures as phones take them.
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")


class Refused(Exception):
    """A file is not accepted. `code`: too_large, empty, wrong_type, bomb, unsafe, encrypted, damaged, incomplete,
    expired. Faces have the sentence for each."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Purpose:
    """What a file is for decides its types and its size in bytes."""

    types: frozenset[str]
    limit: int


PURPOSES: dict[str, Purpose] = {
    "document": Purpose(frozenset({PDF, JPEG, PNG, HEIC, DOCX}), 50 * MIB),
    "imaging": Purpose(frozenset({DICOM, ZIP}), LARGEST),
    "attachment": Purpose(frozenset({PDF, JPEG, PNG, *AUDIO}), 50 * MIB),
    "report": Purpose(frozenset({PDF}), 50 * MIB),
    # XML is taken so that its reader can say what is wanted instead.
    "fhir": Purpose(frozenset({FHIR, XML}), 50 * MIB),
}


def check_size(purpose: str, size: int) -> None:
    """Raise `Refused`: empty, or too_large for its purpose."""
    if size <= 0:
        raise Refused("empty")
    if size > PURPOSES[purpose].limit:
        raise Refused("too_large")


def check_type(purpose: str, name: str, start: bytes) -> str:
    """The media type found in the first bytes (`SNIFF_BYTES`, or all of a shorter file).

    Raises:
        Refused: wrong_type, where the bytes are of no known type, of one the purpose does not take, or of
            another than the file's name says.
    """
    found, said = sniff(start), said_type(name)
    # A Word document is a zip; that it is one of Word's shows when it is opened.
    found = DOCX if found == ZIP and said == DOCX else found
    # DICOM files often carry no extension, or a number: then their bytes alone decide.
    if found not in PURPOSES[purpose].types or (said is not None and said != found):
        raise Refused("wrong_type")
    return found


def sniff(start: bytes) -> str:
    """The media type of a file that begins so; empty where unknown."""
    # DICOM leaves its first 128 bytes free: a program may hide there, and does (CVE-2019-11687).
    if start[128:132] == b"DICM":
        return "" if start.startswith(PROGRAMS) else DICOM
    if start[4:8] == b"ftyp":
        brand = start[8:12]
        return "audio/mp4" if brand[:3] == b"M4A" else HEIC if brand in HEIC_BRANDS else ""
    found = next((kind for signature, kind in SIGNATURES if start.startswith(signature)), "")
    return found or TEXTS.get(start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1], "")


def said_type(name: str) -> str | None:
    """The type a name claims: None where it claims none, empty where it claims one we do not take."""
    _, dot, extension = name.rpartition(".")
    if not dot or not extension or extension.isdigit():
        return None
    return EXTENSIONS.get(extension.lower(), "")


def clean_name(name: str) -> str:
    """A name safe to show and to save under: no folders, no control or direction-changing characters, 200 at most."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        c for c in last if c.isprintable() and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    kept = kept.strip().lstrip(".")
    if len(kept) > 200:
        stem, dot, extension = kept.rpartition(".")
        kept = f"{stem[:180]}.{extension[:19]}" if dot else kept[:200]
    return kept or "file"
