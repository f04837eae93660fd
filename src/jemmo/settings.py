"""Django's settings. The environment decides; what it does not say has a safe default.

``DATABASE_URL`` must be set by whoever starts Django: the commands do (``jemmo.bootstrap``), tests do.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from jemmo.domain.errors import ConfigError
from jemmo.home import home
from jemmo.vault.files import kept_secret

BASE = Path(__file__).resolve().parent


def database(url: str) -> dict[str, object]:
    """What Django wants to know of the database at this URL."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "jemmo.store.backend",
        "NAME": unquote(parts.path.lstrip("/")) or "jemmo",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": options.pop("port", None) or parts.port or "",
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": None},
    }


def _number(name: str, default: int) -> int:
    given = os.environ.get(name, "").strip()
    if given and not given.isdecimal():
        raise ConfigError(
            f"{name} must be a number.", code="environment", next_step=f"Correct {name}."
        )
    return int(given or default)


DEBUG = os.environ.get("JEMMO_DEBUG") == "1"
SECRET_KEY = os.environ.get("JEMMO_SECRET_KEY") or kept_secret(home() / "session.key")
ALLOWED_HOSTS = os.environ.get("JEMMO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("JEMMO_ORIGINS", "").split(",") if o]
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///jemmo"))}

INSTALLED_APPS = [
    "django.contrib.admin",
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
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "jemmo.web.middleware.ContentSecurityPolicy",
    "jemmo.web.middleware.OnTheWayIn",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "jemmo.web.middleware.CurrentOrganisation",
    "jemmo.web.screenshots.ScreenshotMode",
]
ROOT_URLCONF = "jemmo.urls"
ASGI_APPLICATION = "jemmo.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jemmo.web.context.frame",
            ]
        },
    }
]

PROCRASTINATE_IMPORT_PATHS = [
    "jemmo.tasks.syncs",
    "jemmo.tasks.connections",
    "jemmo.tasks.notifications",
    "jemmo.tasks.files",
    "jemmo.tasks.keys",
]
PROCRASTINATE_ON_APP_READY = None

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
ACCOUNT_ADAPTER = "jemmo.web.accounts.ClosedSignup"
MFA_ADAPTER = "jemmo.web.accounts.SealedSecrets"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Jemmo"
# How many proxies in front of Jemmo set X-Forwarded-For: attempts to sign in are counted by address.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("JEMMO_PROXIES", "0"))
CACHES = {
    "default": {  # in the database: all processes count attempts together
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
    }
}

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

SECURE_SSL = os.environ.get("JEMMO_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SSL else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

JEMMO_ATS_HOSTS = [one for one in os.environ.get("JEMMO_ATS_HOSTS", "").split(",") if one]
"""Hosts beside the public ones that an admin may connect to from the browser."""

# smtp://name:password@host:587, or smtps:// with TLS from the start; without it e-mails go to the console.
MAIL = urlsplit(os.environ.get("JEMMO_EMAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL.hostname else 'console'}.EmailBackend"
EMAIL_HOST = MAIL.hostname or "localhost"
EMAIL_PORT = MAIL.port or (465 if MAIL.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(MAIL.username or ""), unquote(MAIL.password or "")
EMAIL_USE_SSL = MAIL.scheme == "smtps"
EMAIL_USE_TLS = MAIL.scheme == "smtp" and MAIL.query != "tls=no"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("JEMMO_EMAIL_FROM", "Jemmo <jemmo@localhost>")
SUPPORT_EMAIL = os.environ.get("JEMMO_SUPPORT_EMAIL", "")
METRICS_TOKEN = os.environ.get("JEMMO_METRICS_TOKEN", "")
SITE_URL = os.environ.get("JEMMO_URL", "").rstrip("/")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []
LOGGING_CONFIG = None
