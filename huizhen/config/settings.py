"""Django settings. What an operator may change is an `option`; everything else is decided here."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from huizhen.config import readers
from huizhen.config.devices import *  # noqa: F403 - settings like those below, in a file of their own
from huizhen.config.embedded import Embedded
from huizhen.config.keys import *  # noqa: F403 - settings like those below, in a file of their own
from huizhen.config.log_in import *  # noqa: F403 - settings like those below, in a file of their own
from huizhen.config.options import is_default, one_of, opening_hours, option, words, yes_no
from huizhen.config.outgoing import *  # noqa: F403 - settings like those below, in a file of their own

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "huizhen"

# --- where and how -------------------------------------------------------------------------------------------------
VAR = option(
    "HUIZHEN_VAR", str(ROOT / "var"), "Folder for the embedded database, files, keys and logs.", read=readers.folder
)
DEMO = option(
    "HUIZHEN_DEMO",
    "no",
    "The demonstration: sample people, shown log-ins, simulators of outside services. Never with real patients.",
    read=yes_no,
)
DEMO_LOAD = option("HUIZHEN_DEMO_LOAD", "yes", "Whether the demonstration's sample people are loaded.", read=yes_no)
DEBUG = option("HUIZHEN_DEBUG", "no", "Django's error pages with source text; for development only.", read=yes_no)
WEB_PORT = option("HUIZHEN_WEB_PORT", "8000", "Port of the pages and the API.", read=readers.port)
LIVE_PORT = option("HUIZHEN_LIVE_PORT", "8001", "Port of the WebSocket process.", read=readers.port)
JOBS_METRICS_PORT = option(
    "HUIZHEN_JOBS_METRICS_PORT", "0", "Port of the jobs process's `/metrics`; 0 for none.", read=readers.port_or_none
)
DICOM_PORT = option(
    "HUIZHEN_DICOM_PORT",
    "0",
    "Port on which hospitals' devices send images (DICOM C-STORE); 0 for no such process.",
    read=readers.port_or_none,
    in_demo="11112",
)
PUBLIC_URL = option(
    "HUIZHEN_PUBLIC_URL",
    f"http://127.0.0.1:{WEB_PORT}",
    "Address people use, for links in messages.",
    read=readers.address("http", "https", example="https://huizhen.example"),
)
ALLOWED_HOSTS = option("HUIZHEN_HOSTS", "localhost,127.0.0.1", "Host names this server answers for.", read=words)
WEB_WORKERS = option("HUIZHEN_WEB_WORKERS", "1", "Number of web worker processes.", read=readers.whole(1))
RESTART_WITHIN = option(
    "HUIZHEN_RESTART_WITHIN",
    "30",
    "Longest wait in seconds before `huizhen up` starts a process again that keeps dying; the first wait is 0.5.",
    read=readers.number(0.1),
)
HTTPS = option(
    "HUIZHEN_HTTPS",
    "no",
    "Served over HTTPS by a front server that sets X-Forwarded-Proto: secure cookies and HSTS.",
    read=yes_no,
)

# --- secrets ---------------------------------------------------------------------------------------------------------
WEAK = [name for name in ("HUIZHEN_SECRET_KEY", "HUIZHEN_KEYS", "HUIZHEN_INDEX_KEY") if is_default(name)]
if WEAK and not DEMO:
    raise ImproperlyConfigured(
        f"Outside the demonstration these secrets must be your own: {', '.join(WEAK)}. "
        "`huizhen secrets` prints fresh ones."
    )

# --- database ------------------------------------------------------------------------------------------------------
EMBEDDED = Embedded(VAR / "postgres")
DATABASE_URL = option(
    "DATABASE_URL",
    EMBEDDED.url(),
    "PostgreSQL 15 or newer; without it the embedded one in var/.",
    read=readers.database,
    secret=True,
)


# Who is on call reads in pg_stat_activity which process holds a lock.
NAME_AT_DATABASE = f"huizhen-{os.environ.get('HUIZHEN_PROCESS', 'command')}"


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
        "OPTIONS": {"application_name": NAME_AT_DATABASE, **query},
    }


USES_EMBEDDED = EMBEDDED.url() == DATABASE_URL
DATABASES = {"default": database_from(DATABASE_URL)}
if USES_EMBEDDED:
    # What is refused to a session is told to it, and stands in the program's log where nobody expected it. Its own
    # processes keep their warnings and errors: the setting is the session's.
    DATABASES["default"]["OPTIONS"]["options"] = "-c log_min_messages=log"
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
    "allauth.headless",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "huizhen.kernel.apps.KernelConfig",
    "huizhen.people",
    "huizhen.records",
    "huizhen.lab",
    "huizhen.consult",
    "huizhen.api",
    "huizhen.console",
    "huizhen.config",
]
OWN_APPS = [name.split(".")[1] for name in INSTALLED_APPS if name.startswith("huizhen.")]
MIDDLEWARE = [
    "huizhen.config.requests.RequestMiddleware",
    "huizhen.config.admission.AdmissionMiddleware",
    "huizhen.api.middleware.ShortWay",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "huizhen.console.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "huizhen.people.accounts.middleware.SessionLimitMiddleware",
    "huizhen.people.accounts.middleware.ActorMiddleware",
    "huizhen.people.accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "huizhen.console.middleware.Refusals",
]
CSRF_FAILURE_VIEW = "huizhen.console.errors.csrf_failed"
ROOT_URLCONF = "huizhen.config.urls"
WSGI_APPLICATION = "huizhen.config.wsgi.application"
AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["huizhen.people.accounts.backends.Backend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "console" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huizhen.console.frame.frame",
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
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "huizhen.console.templatetags.console",
            ],
        },
    }
]

# --- log-in --------------------------------------------------------------------------------------------------------
SECOND_FACTOR = option(
    "HUIZHEN_SECOND_FACTOR",
    "required",
    "Second factor of staff: `required` (enrolled before anything else) or `optional`.",
    read=one_of("required", "optional"),
)
STAFF_IDLE_MINUTES = option(
    "HUIZHEN_STAFF_IDLE_MINUTES",
    "30",
    "Minutes without a click after which staff are logged out.",
    read=readers.whole(1),
)
STAFF_SESSION_HOURS = option(
    "HUIZHEN_STAFF_SESSION_HOURS", "12", "Hours a staff session lasts at most.", read=readers.whole(1)
)
PATIENT_SESSION_DAYS = option(
    "HUIZHEN_PATIENT_SESSION_DAYS", "30", "Days a patient stays logged in.", read=readers.whole(1)
)
CACHE_URL = option(
    "HUIZHEN_CACHE_URL",
    "",
    "Redis or Valkey for rate limits, `redis://host:6379/0`; empty: a PostgreSQL table.",
    read=readers.cache,
    secret=True,
)
TRUSTED_PROXIES = option(
    "HUIZHEN_TRUSTED_PROXIES",
    "0",
    "Number of proxies in front whose X-Forwarded-For is believed.",
    read=readers.whole(0),
)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "huizhen_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}
SESSION_SERIALIZER = "huizhen.people.accounts.sessions.SealedSerializer"
SESSION_COOKIE_AGE = PATIENT_SESSION_DAYS * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# We speak no TLS ourselves: over HTTPS there is a front server, and it says so anew with each request.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_NAME = "huizhen_session"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO and not HTTPS

# --- language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = sorted(PACKAGE.glob("**/locale"))
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = "huizhen.config.formats"
WORKING_HOURS = option(
    "HUIZHEN_WORKING_HOURS",
    "08:00-12:00,13:30-17:30",
    "Office hours of a working day, Chinese time; deadlines in working hours and days run only then.",
    read=opening_hours,
)

# --- static files --------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# Of the program and not of its data: the set-up collects them here, wherever HUIZHEN_VAR is.
STATIC_ROOT = ROOT / "var" / "static"
STATICFILES_DIRS = [folder for folder in [ROOT / "ui" / "dist"] if folder.exists()]

FILES_ROOT = VAR / "files"

# --- wake-ups ------------------------------------------------------------------------------------------------------
NATS_URL = option("HUIZHEN_NATS_URL", "", "NATS server for pulses between processes; empty: PostgreSQL's NOTIFY.")
LIVE_HEARTBEAT_SECONDS = option(
    "HUIZHEN_LIVE_HEARTBEAT",
    "25",
    "Seconds of silence after which the WebSocket asks for a sign of life.",
    read=readers.number(0.1),
)
LIVE_RENEW_SECONDS = option(
    "HUIZHEN_LIVE_RENEW",
    "1800",
    "Seconds after which a WebSocket must come back with a new ticket.",
    read=readers.number(0.1),
)

# --- health records ------------------------------------------------------------------------------------------------
EMERGENCY_HOURS = option(
    "HUIZHEN_EMERGENCY_HOURS",
    "4",
    "Hours for which a record opened in an emergency can be read; 24 at most.",
    read=readers.number(0.1, 24),
)
EMERGENCY_PER_DAY = option(
    "HUIZHEN_EMERGENCY_PER_DAY",
    "5",
    "Tries of one doctor to open a record in an emergency, in 24 hours.",
    read=readers.whole(0),
)

# --- logs ----------------------------------------------------------------------------------------------------------
LOG_FORMAT = option(
    "HUIZHEN_LOG",
    "json",
    "Form of the logs: `json`, or `console` for people.",
    read=one_of("json", "console"),
    in_demo="console",
)
LOG_LEVEL = option(
    "HUIZHEN_LOG_LEVEL", "INFO", "Least level that is written.", read=one_of("DEBUG", "INFO", "WARNING", "ERROR")
)
LOGGING_CONFIG = "huizhen.config.logs.configure"
LOGGING = {
    "format": LOG_FORMAT,
    "level": LOG_LEVEL,
    "messages": DEMO or DEBUG,
    "colours": "FORCE_COLOR" in os.environ,
}
AUDIT_ROOT = VAR / "audit"
AUDIT_TO_DISK = option(
    "HUIZHEN_AUDIT_TO_DISK", "no",
    "Whether a read is answered only when its audit entry is on the disk, so that a power cut takes none.", read=yes_no,
)  # fmt: skip
FILES_URL = option(
    "HUIZHEN_FILES_URL",
    "file:",
    "Where files are kept: `file:` (var/files), `file:///folder`, or `s3://bucket/prefix?endpoint=https://…&region=…`.",
    read=readers.store,
)
READ_REPORTS = option(
    "HUIZHEN_READ_REPORTS",
    "yes",
    "Whether photographs are set straight and reports read once added, seconds of one core a page; else when asked.",
    read=yes_no,
)
S3_KEY = option("HUIZHEN_S3_KEY", "", "Access key of the S3 store.", secret=True)
S3_SECRET = option("HUIZHEN_S3_SECRET", "", "Secret key of the S3 store.", secret=True)

# --- back office ---------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_URL": "/",
    "SHOW_LANGUAGES": False,
    "SHOW_VIEW_ON_SITE": False,
}
