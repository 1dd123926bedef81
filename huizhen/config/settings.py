"""Django settings. What an operator may change is an `option`; everything else is decided here."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from huizhen.config.embedded import Embedded
from huizhen.config.options import option, words, yes_no

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "huizhen"

# --- where and how -------------------------------------------------------------------------------------------------
VAR = Path(option("HUIZHEN_VAR", str(ROOT / "var"), "Folder for the embedded database, files, keys and logs."))
DEMO = option(
    "HUIZHEN_DEMO",
    "no",
    "The demonstration: sample people, shown log-ins, simulators of outside services. Never with real patients.",
    read=yes_no,
)
DEBUG = option("HUIZHEN_DEBUG", "no", "Django's error pages with source text; for development only.", read=yes_no)
WEB_PORT = option("HUIZHEN_WEB_PORT", "8000", "Port of the pages and the API.", read=int)
LIVE_PORT = option("HUIZHEN_LIVE_PORT", "8001", "Port of the WebSocket process.", read=int)
BIND = option("HUIZHEN_BIND", "127.0.0.1", "Address the processes listen on.")
PUBLIC_URL = option("HUIZHEN_PUBLIC_URL", f"http://127.0.0.1:{WEB_PORT}", "Address people use, for links in messages.")
ALLOWED_HOSTS = option("HUIZHEN_HOSTS", "localhost,127.0.0.1", "Host names this server answers for.", read=words)
WEB_WORKERS = option("HUIZHEN_WEB_WORKERS", "1", "Number of web worker processes.", read=int)
HTTPS = option("HUIZHEN_HTTPS", "no", "Served over HTTPS: secure cookies and HSTS.", read=yes_no)

# --- secrets -------------------------------------------------------------------------------------------------------
DEMO_SECRET = "demonstration-only-not-a-secret-not-a-secret-not-a-secret"
DEMO_KEYS = "demo:" + "00" * 32
SECRET_KEY = option("HUIZHEN_SECRET_KEY", DEMO_SECRET, "Signs sessions and links; at least 50 characters.", secret=True)
KEY_RING = option(
    "HUIZHEN_KEYS",
    DEMO_KEYS,
    "Keys of the health data, `id:64 hex digits`, comma-separated, the one in use first.",
    read=words,
    secret=True,
)
INDEX_KEY = option(
    "HUIZHEN_INDEX_KEY",
    "11" * 32,
    "Key of the blind index (64 hex digits); never changes while data lives.",
    secret=True,
)
CIPHER = option("HUIZHEN_CIPHER", "aes", "Cipher of the health data: `aes` (AES-256-GCM) or `sm4` (SM4-GCM with SM3).")

if not DEMO:
    if SECRET_KEY == DEMO_SECRET or len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("Set HUIZHEN_SECRET_KEY to a random text of at least 50 characters.")
    if DEMO_KEYS in KEY_RING:
        raise ImproperlyConfigured("Set HUIZHEN_KEYS; the demonstration's key must not hold real data.")
    if INDEX_KEY == "11" * 32:
        raise ImproperlyConfigured("Set HUIZHEN_INDEX_KEY to 64 random hex digits.")

# --- signing of reports ----------------------------------------------------------------------------------------------
SIGNING = option(
    "HUIZHEN_SIGNING",
    "demonstration",
    "Where doctors' certificates are: `demonstration`, `pkcs12` (files) or `pkcs11` (token).",
)
SIGNING_ROOTS = option("HUIZHEN_SIGNING_ROOTS", "", "File with the hospital CA's root certificates (PEM or DER).")
SIGNING_FOLDER = option("HUIZHEN_SIGNING_FOLDER", "", "Folder with one `<practitioner id>.p12` per doctor.")
SIGNING_PASSPHRASE = option(
    "HUIZHEN_SIGNING_PASSPHRASE", "", "Passphrase of the PKCS#12 files, or PIN of the PKCS#11 token.", secret=True
)
PKCS11_MODULE = option("HUIZHEN_PKCS11_MODULE", "", "Library of the PKCS#11 token.")
PKCS11_TOKEN = option("HUIZHEN_PKCS11_TOKEN", "", "Label of the PKCS#11 token.")
TSA_URL = option("HUIZHEN_TSA_URL", "", "Time stamp service (RFC 3161) for signatures; none without it.")

# --- database ------------------------------------------------------------------------------------------------------
EMBEDDED = Embedded(VAR / "postgres")
DATABASE_URL = option(
    "DATABASE_URL", EMBEDDED.url(), "PostgreSQL 15 or newer; without it the embedded one in var/.", secret=True
)


def database_from(url: str) -> dict:
    """Turn a `postgresql://` address into Django's form; the query's `host` is a socket folder."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


DATABASES = {"default": database_from(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- parts ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "huizhen.kernel",
    "huizhen.people",
    "huizhen.records",
    "huizhen.consult",
    "huizhen.console",
    "huizhen.config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "huizhen.config.urls"
WSGI_APPLICATION = "huizhen.config.wsgi.application"
AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "console" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "django.templatetags.i18n"],
        },
    }
]

# --- language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = sorted(PACKAGE.glob("**/locale"))
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- static files --------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [folder for folder in [ROOT / "ui" / "dist"] if folder.exists()]

FILES_ROOT = VAR / "files"
