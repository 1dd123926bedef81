"""What a patient's data must look like, without a database: identity numbers, phones, names, ages."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from huizhen.kernel.ids import check_character

RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
DOCUMENTS = {
    "resident": RESIDENT,
    "passport": re.compile(r"[A-Z0-9]{5,15}"),
    "hk_macau_permit": re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    "taiwan_permit": re.compile(r"[0-9]{8}|[A-Z0-9]{10}"),
    "foreign_permit": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
    "birth_certificate": re.compile(r"[A-Z][0-9]{9}"),
    "military": re.compile(r"[\u4e00-\u9fff]{1,4}第?[0-9]{6,10}号?"),
    "none": re.compile(r""),
}
REGIONS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
# The family names of two characters that are met most.
TWO_CHARACTER_NAME = re.compile(
    "欧阳|上官|司马|诸葛|皇甫|尉迟|令狐|慕容|司徒|东方|夏侯|公孙|长孙|宇文|端木|轩辕|南宫|独孤|呼延|钟离"
)
MAINLAND_MOBILE = re.compile(r"1[3-9][0-9]{9}")
ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")
SEXES = ("male", "female", "other", "unknown")
LONGEST_NAME = 60
OLDEST_YEARS = 150
SELF_CORRECTABLE = frozenset({"phone"})


@dataclass(frozen=True)
class Identity:
    """What an 18-digit number says about its holder."""

    region: str
    birth_on: date
    sex: str


class BadIdentity(ValueError):
    """The number is not a valid identity number; the argument is the code of the reason."""


def read_resident_number(number: str) -> Identity:
    """Check an 18-digit resident identity number and read what it says.

    `number` is in its written form (see `plain_number`). Six digits of region, eight of birth, three of order
    (odd: male), one check character by ISO 7064 MOD 11-2 [GB 11643-1999].

    Raises:
        BadIdentity: `identity_shape`, `identity_region`, `identity_birth` or `identity_check`.
    """
    if not RESIDENT.fullmatch(number):
        raise BadIdentity("identity_shape")
    if number[:2] not in REGIONS:
        raise BadIdentity("identity_region")
    try:
        birth_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise BadIdentity("identity_birth") from error
    if check_character(number[:17]) != number[17]:
        raise BadIdentity("identity_check")
    return Identity(number[:6], birth_on, "male" if int(number[16]) % 2 else "female")


def plain_number(text: str) -> str:
    """A document number as compared and stored: full-width forms folded, blanks and hyphens gone, upper case."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()


def plain_name(text: str) -> str:
    """A name as stored: one form of each character, blanks joined, the middle dot of minority names unified."""
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    return re.sub(r"\s*[•‧・･.\u2022]\s*", "·", name) if re.search(r"[\u4e00-\u9fff]", name) else name


def name_key(text: str) -> str:
    """A name as compared: without blanks, dots and case. 张 三 equals 张三."""
    return re.sub(r"[\s·'\-]", "", plain_name(text)).casefold()


def plain_phone(text: str) -> str:
    """A phone number in E.164; mainland mobiles may be written without +86. Empty when it cannot be one."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    mainland = digits.removeprefix("+86")
    if MAINLAND_MOBILE.fullmatch(mainland):
        return "+86" + mainland
    return digits if ABROAD.fullmatch(digits) and not digits.startswith("+86") else ""


def age(birth_on: date, on: date) -> int:
    """Full years lived on a day; who was born on 29 February grows older on 1 March of other years."""
    return on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


def check_identity(kind: str, number: str) -> str | None:
    """The code of what is wrong with a document number in its plain form, or None."""
    if kind not in DOCUMENTS:
        return "unknown_choice"
    if not number and kind != "none":
        return "missing"
    if kind == "resident":
        try:
            read_resident_number(number)
        except BadIdentity as error:
            return str(error)
        return None
    return None if DOCUMENTS[kind].fullmatch(number) else "document_shape"


def check_birth(birth_on: date | None, on: date) -> str | None:
    """The code of what is wrong with a birth date seen on day `on`, or None."""
    if birth_on is None:
        return "missing"
    if birth_on > on:
        return "birth_future"
    return "birth_too_early" if age(birth_on, on) > OLDEST_YEARS else None


def check_name(name: str) -> str | None:
    """The code of what is wrong with a plain name, or None."""
    if not name_key(name):
        return "missing"
    return "too_long" if len(name) > LONGEST_NAME else None


def check_patient(
    *, name: str, identity_kind: str, identity_number: str, phone: str, sex: str, birth_on: date | None, on: date
) -> dict[str, str]:
    """All that is wrong with a patient's data, field → code; empty when all is well.

    Name and number are in their plain forms, the phone as it was typed; `on` is today where the patient is.
    """
    found = {
        "name": check_name(name),
        "identity_number": check_identity(identity_kind, identity_number),
        "phone": None if not phone.strip() or plain_phone(phone) else "phone_shape",
        "sex": None if sex in SEXES else "unknown_choice",
        "birth_on": check_birth(birth_on, on),
    }
    errors = {field: code for field, code in found.items() if code}
    if identity_kind == "resident" and not errors.keys() & {"identity_number", "birth_on", "sex"}:
        errors |= check_agreement(read_resident_number(identity_number), sex, birth_on)
    return errors


def complete(kind: str, number: str, sex: str, birth_on: date | None) -> tuple[str, date | None]:
    """Sex and birth date, taken from a valid resident identity number where they were left open."""
    if kind != "resident" or check_identity(kind, number):
        return sex, birth_on
    said = read_resident_number(number)
    return sex or said.sex, birth_on or said.birth_on


def first_errors(errors: dict[str, str], kind: str, sex: str, birth_on: date | None) -> dict[str, str]:
    """The errors worth saying: what the number would have filled in is not missing while the number is wrong."""
    if kind != "resident" or "identity_number" not in errors:
        return errors
    open_still = {field for field, value in (("sex", sex), ("birth_on", birth_on)) if not value}
    return {field: code for field, code in errors.items() if field not in open_still}


def check_agreement(identity: Identity, sex: str, birth_on: date | None) -> dict[str, str]:
    """Where stated birth date or sex contradict the identity number. `other` and `unknown` contradict nothing."""
    errors = {}
    if birth_on != identity.birth_on:
        errors["birth_on"] = "identity_differs_birth"
    if sex in {"male", "female"} and sex != identity.sex:
        errors["sex"] = "identity_differs_sex"
    return errors


def mask_name(name: str) -> str:
    """A name for somebody who need not know whose it is: the family name and a star, `周＊`, `欧阳＊`, `S＊`."""
    family = name[:2] if len(name) > 2 and TWO_CHARACTER_NAME.match(name) else name[:1]
    return f"{family}＊"


def mask_number(number: str) -> str:
    """A document number for lists: the first three and last two characters."""
    return number[:3] + "*" * max(0, len(number) - 5) + number[-2:] if len(number) > 5 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """A phone number for lists: 138****1234."""
    local = phone.removeprefix("+86")
    return local[:3] + "****" + local[-4:] if len(local) >= 9 else "****"
