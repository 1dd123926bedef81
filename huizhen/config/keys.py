"""Settings that are secret: what seals the health data, and where the doctors' certificates for reports are."""

from huizhen.config import readers
from huizhen.config.options import long_text, one_of, option

DEMO_SECRET = "demonstration-only-not-a-secret-not-a-secret-not-a-secret"  # noqa: S105 - says so itself
DEMO_KEYS = "demo:" + "00" * 32
SECRET_KEY = option(
    "HUIZHEN_SECRET_KEY", DEMO_SECRET, "Signs sessions and links; at least 50 characters.", read=long_text, secret=True
)
KEY_RING = option(
    "HUIZHEN_KEYS",
    DEMO_KEYS,
    "Keys of the health data, `id:64 hex digits`, comma-separated, the one in use first.",
    read=readers.key_ring,
    secret=True,
)
INDEX_KEY = option(
    "HUIZHEN_INDEX_KEY",
    "11" * 32,
    "Key of the blind index (64 hex digits); never changes while data lives.",
    read=readers.hex_key,
    secret=True,
)
CIPHER = option(
    "HUIZHEN_CIPHER",
    "aes",
    "Cipher of the health data: `aes` (AES-256-GCM) or `sm4` (SM4-GCM with SM3).",
    read=one_of("aes", "sm4"),
)

SIGNING = option(
    "HUIZHEN_SIGNING",
    "demonstration",
    "Where doctors' certificates are: `demonstration`, `pkcs12` (files) or `pkcs11` (token).",
    read=one_of("demonstration", "pkcs12", "pkcs11"),
)
SIGNING_ROOTS = option("HUIZHEN_SIGNING_ROOTS", "", "File with the hospital CA's root certificates (PEM or DER).")
SIGNING_FOLDER = option("HUIZHEN_SIGNING_FOLDER", "", "Folder with one `<practitioner id>.p12` per doctor.")
SIGNING_PASSPHRASE = option(
    "HUIZHEN_SIGNING_PASSPHRASE", "", "Passphrase of the PKCS#12 files, or PIN of the PKCS#11 token.", secret=True
)
PKCS11_MODULE = option("HUIZHEN_PKCS11_MODULE", "", "Library of the PKCS#11 token.")
PKCS11_TOKEN = option("HUIZHEN_PKCS11_TOKEN", "", "Label of the PKCS#11 token.")
TSA_URL = option(
    "HUIZHEN_TSA_URL",
    "",
    "Time stamp service (RFC 3161) for signatures; none without it.",
    read=readers.address("http", "https", example="https://tsa.example/stamp", empty=True),
)
