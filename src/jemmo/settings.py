"""Django's settings. The environment decides; everything else has a safe default.

Whoever starts Django must set ``DATABASE_URL``: the commands do (``jemmo.bootstrap``), tests do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext_lazy as _

from jemmo import conninfo
from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import split_address
from jemmo.environment import CENTURY, address, hosts, number
from jemmo.home import home
from jemmo.store.db.budget import CONNECT_WAIT
from jemmo.vault.files import signing_key
from jemmo.web.frame.limits import LARGEST

BASE = Path(__file__).resolve().parent
POOL: dict[str, Any] = {
    "timeout": CONNECT_WAIT,
    "max_idle": 300.0,  # seconds after which an unused connection is closed
    "max_lifetime": 3600.0,
    "reconnect_timeout": 5.0,  # then the next request tries again, since Postgres may be back
}


def site_url(text: str) -> str:
    """The pages' origin, without a path: cookies and links apply to a whole host."""
    written = text.strip().rstrip("/")
    try:
        parts = split_address(written)
    except ValueError:
        parts = split_address("")
    if written and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path):
        raise ConfigError("environment", variant="url", variable="JEMMO_URL")
    return written


def database(url: str, *, process: str = "command", pool: int = 0) -> dict[str, object]:
    """Django's settings for the database at this address.

    ``pool`` is how many connections the process may share among its threads. Without one, a connection is opened when a
    thread first needs it.
    """
    parts: dict[str, Any] = {
        "application_name": f"jemmo {process}",
        "connect_timeout": "10",
        **conninfo.parse(url),
    }
    if pool:
        parts["pool"] = {"min_size": 1, "max_size": pool, **POOL}
    return {
        "ENGINE": "jemmo.store.db.backend",
        "NAME": parts.pop("dbname", "jemmo"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": parts,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": None},
    }


def mail_backend(*, is_server: bool, is_terminal: bool) -> str:
    """The backend that sends e-mails, prints them, or drops them."""
    kind = "smtp" if is_server else "console" if is_terminal else "dummy"
    return f"django.core.mail.backends.{kind}.EmailBackend"


DEBUG = os.environ.get("JEMMO_DEBUG") == "1"
SECRET_KEY = signing_key(os.environ.get("JEMMO_SECRET_KEY", ""), home() / "session.key")
ALLOWED_HOSTS = os.environ.get("JEMMO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("JEMMO_ORIGINS", "").split(",") if o]
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///jemmo"))}

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # finds admin pages in jemmo.urls, the only place that shows them
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "jemmo.store",
    "jemmo.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "jemmo.web.frame.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "jemmo.web.frame.middleware.Traced",
    "jemmo.api.problems.OnlyProblems",
    "jemmo.web.frame.middleware.SignInScope",
    "jemmo.web.frame.health.Probes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "jemmo.web.frame.middleware.SizeLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "jemmo.web.frame.signed_in.SignedIn",
    "jemmo.web.frame.middleware.SessionEnd",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "jemmo.web.frame.middleware.CurrentOrganisation",
    "jemmo.web.frame.screenshots.ScreenshotMode",
    "jemmo.web.frame.middleware.Crowding",
]
ROOT_URLCONF = "jemmo.urls"
ASGI_APPLICATION = "jemmo.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted(BASE.glob("web/*/templates")),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jemmo.web.frame.context.frame",
            ],
            "builtins": ["jemmo.web.templatetags.addresses"],
        },
    }
]

PROCRASTINATE_IMPORT_PATHS = [
    "jemmo.tasks.sync",
    "jemmo.tasks.connections",
    "jemmo.tasks.notifications",
    "jemmo.tasks.files",
    "jemmo.tasks.keys",
    "jemmo.tasks.privacy",
    "jemmo.tasks.history",
]
PROCRASTINATE_ON_APP_READY = "jemmo.store.sync.queue_schema.prepare"

AUTH_USER_MODEL = "store.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "jobs"
ACCOUNT_ADAPTER = "jemmo.web.accounts.adapters.OurAccounts"
MFA_ADAPTER = "jemmo.web.accounts.adapters.SealedSecrets"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {
    "reset_password": "jemmo.web.accounts.adapters.AskForReset",
    "reset_password_from_key": "jemmo.web.accounts.adapters.ResetByEmail",
}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Jemmo"
ACCOUNT_RATE_LIMITS = {
    # Trying an ATS key sends a request to the ATS, so signed-in people must not be able to try many.
    "ats_key": "10/10m/user,20/10m/key",
    "ats_question": "30/10m/user,60/10m/key",  # with the stored key
    # Passwords (``jemmo.web.accounts.sign_in``): each failure lengthens the wait.
    "login_address": "10/m/ip,60/h/ip",
    "login_account": "5/5m/key,15/h/key,40/d/key",
    "login_known": "5/5m/key,15/h/key,40/d/key",
    "reset_password": "20/m/ip,3/5m/key,10/d/key",
    "support": "20/h/user",  # each is stored, and mailed to whoever answers
    "invite": "30/h/user",  # e-mails to anyone, with text of the inviter's choice
    "login_failed": "10/m/ip,5/5m/key,15/h/key,40/d/key",  # codes of two-step sign-in
}
# How many proxies in front of Jemmo add to X-Forwarded-For; without any, the header is not read.
ALLAUTH_TRUSTED_PROXY_COUNT = number("JEMMO_PROXIES", 0)
# In the database, so that all processes count attempts together.
CACHES = {"default": {"BACKEND": "jemmo.store.db.cache.JsonCache"}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE / "web" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = home() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = True

SESSION_ENGINE = "jemmo.store.db.sessions"
SECURE_SSL = os.environ.get("JEMMO_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL
SESSION_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_HTTPONLY = True
# Only for this host and only over TLS, so that no neighboring host can replace them.
SESSION_COOKIE_NAME = "__Host-jemmo" if SECURE_SSL else "jemmo"
CSRF_COOKIE_NAME = "__Host-jemmo-csrf" if SECURE_SSL else "jemmo-csrf"
KNOWN_COOKIE_NAME = "__Host-jemmo-known" if SECURE_SSL else "jemmo-known"
PASSWORD_RESET_TIMEOUT = 86_400  # seconds that a link in an e-mail is valid
SESSION_COOKIE_AGE = number("JEMMO_SESSION_DAYS", 14, least=1, most=CENTURY) * 86_400
SESSION_IDLE_SECONDS = number("JEMMO_IDLE_MINUTES", 720) * 60
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # a picture for support; no larger than any body
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SSL else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

JEMMO_DEMO = os.environ.get("JEMMO_DEMO") == "1"
"""Set by `jemmo up --demo`: a page explains how to change a record in the simulated ATS."""

JEMMO_ATS_HOSTS = hosts("JEMMO_ATS_HOSTS")
"""Non-public hosts that an admin may connect to from the browser."""

# smtp://name:password@host:587, or smtps:// with TLS from the start. Without it, e-mails are printed only to the
# terminal that started this process. No log may contain them, because their links open accounts.
MAIL = address("JEMMO_EMAIL_URL")
EMAIL_BACKEND = mail_backend(is_server=bool(MAIL.hostname), is_terminal=sys.stdout.isatty())
EMAIL_HOST = MAIL.hostname or "localhost"
EMAIL_PORT = MAIL.port or (465 if MAIL.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(MAIL.username or ""), unquote(MAIL.password or "")
EMAIL_USE_SSL = MAIL.scheme == "smtps"
EMAIL_USE_TLS = MAIL.scheme == "smtp" and MAIL.query != "tls=no"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("JEMMO_EMAIL_FROM", "Jemmo <jemmo@localhost>")
SUPPORT_EMAIL = os.environ.get("JEMMO_SUPPORT_EMAIL", "")
# How long past syncs and notifications are kept; 0 keeps all.
HISTORY_DAYS = number("JEMMO_HISTORY_DAYS", 90, most=CENTURY)
# How long the API's changes, and feeds that nobody reads, are kept.
FEED_DAYS = number("JEMMO_FEED_DAYS", 7, least=1, most=CENTURY)
# Per token and web process.
API_REQUESTS_PER_MINUTE = number("JEMMO_API_REQUESTS", 6000, least=1)
API_WRITES_PER_MINUTE = number("JEMMO_API_WRITES", 120, least=1)
METRICS_TOKEN = os.environ.get("JEMMO_METRICS_TOKEN", "")
METRICS_OPEN = os.environ.get("JEMMO_METRICS_OPEN") == "1"
SITE_URL = site_url(os.environ.get("JEMMO_URL", ""))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []
LOGGING_CONFIG = None
