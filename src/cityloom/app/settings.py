"""Django's settings, read from the environment; every CITYLOOM_ name is described in `environment.py`."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cityloom.app.account_settings import limits_of, needing_of, networks_of
from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.identity_settings import provider_of
from cityloom.app.ingest_settings import ingest_settings
from cityloom.app.logs import logging_config
from cityloom.app.partner_settings import bike_feeds, partner_keys
from cityloom.app.places import demo_password, kept_secret, var_dir
from cityloom.app.postgres import find_postgres
from cityloom.app.watch_settings import log_format, networks
from cityloom.app.webhook_settings import inside_of, kept_of, rules_of

_env = Environment.of_process()
_env.require_for_production()
_var = var_dir()
_package = Path(__file__).resolve().parents[1]

GIVES_UP = {  # else a database that vanished without a word is waited for for minutes, here and in the system
    "connect_timeout": "10",  # s
    "keepalives_idle": "30",  # s
    "keepalives_interval": "10",  # s
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # ms
}


def database_from_url(url: str, pool: int) -> dict[str, Any]:
    """Django's database entry for a `postgresql://` address; its query becomes connection options over ours."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise SettingNotUnderstood(
            "CITYLOOM_DATABASE_URL must look like postgresql://user:password@host:5432/database"
        )
    options: dict[str, Any] = GIVES_UP | {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = options.pop("host", parts.hostname or "")
    if pool:
        options["pool"] = pool_of(pool)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,  # one round trip; a database that was started again costs nobody a page
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }


def pool_of(size: int) -> dict[str, Any]:
    """What a pool of so many connections is told.

    One that goes on trying waits twice as long each time; one that gives up begins anew when asked.
    """
    return {"min_size": 1, "max_size": size, "timeout": 3, "reconnect_timeout": 2}


def _database_url() -> str:
    """The server named, else the embedded one that runs, else a place where none answers yet."""
    named = _env.text("CITYLOOM_DATABASE_URL")
    if named:
        return named
    running = find_postgres(_var)
    return running.url if running is not None else "postgresql://cityloom@/cityloom?host=/nonexistent"


PRODUCTION = _env.is_production
DEBUG = False
SECRET_KEY = _env.secret("CITYLOOM_SECRET_KEY", _var)
ALLOWED_HOSTS = _env.items("CITYLOOM_ALLOWED_HOSTS")

CITYLOOM_VAR = _var
CITYLOOM_DATA_KEYS = _env.data_keys(_var)
CITYLOOM_DATA_KEY_FILE = _env.data_key_file(_var)
CITYLOOM_DEMO_PASSWORD = "" if PRODUCTION else demo_password(_var)  # for the sign-in page of a demo
CITYLOOM_CLOCK = _env.text("CITYLOOM_CLOCK")
CITYLOOM_NATS_URL = _env.text("CITYLOOM_NATS_URL")
CITYLOOM_NATS_MONITOR = _env.text("CITYLOOM_NATS_MONITOR").rstrip("/")
INGEST_SETTINGS = ingest_settings(_env)
CITYLOOM_ARCHIVE = _env.text("CITYLOOM_ARCHIVE") or str(_var / "archive")
CITYLOOM_CITY = _env.text("CITYLOOM_CITY")
CITYLOOM_LIVE_URL = _env.text("CITYLOOM_LIVE_URL")
CITYLOOM_SMS_URL = _env.text("CITYLOOM_SMS_URL") or ("" if PRODUCTION else "pretend:")
CITYLOOM_SMS_FORM = _env.text("CITYLOOM_SMS_FORM")
CITYLOOM_MAIL_URL = _env.text("CITYLOOM_MAIL_URL") or ("" if PRODUCTION else "pretend:")
CITYLOOM_AUDIT_KEY = _env.text("CITYLOOM_AUDIT_KEY")
CITYLOOM_AUDIT_SEED = "" if PRODUCTION else kept_secret(_var, "audit-key")  # the key of a demo
CITYLOOM_AUDIT_TRUSTED = _env.text("CITYLOOM_AUDIT_TRUSTED")
CITYLOOM_AUDIT_ANCHOR = _env.text("CITYLOOM_AUDIT_ANCHOR")
CITYLOOM_SITE_URL = _env.text("CITYLOOM_SITE_URL").rstrip("/")
CITYLOOM_MQTT_ADDRESS = _env.text("CITYLOOM_MQTT_ADDRESS")
CITYLOOM_PARTNER_KEYS = partner_keys(_env)
CITYLOOM_BIKE_FEEDS = bike_feeds(_env)
CITYLOOM_WEBHOOK_HOSTS = inside_of(_env)
WEBHOOK_RULES = rules_of(_env)
WEBHOOK_KEPT = kept_of(_env)

INSTALLED_APPS = [
    "cityloom.web.admin_config.CityloomAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "allauth.account",  # needed by the next one; nothing of its pages is reachable, its tables stay empty
    "allauth.socialaccount",  # speaks OpenID Connect
    "cityloom.base",
    "cityloom.city",
    "cityloom.cases",
    "cityloom.sensing",
    "cityloom.web",
    "cityloom.exchange",
]

MIDDLEWARE = [
    "cityloom.app.watching.WatchRequests",
    "django.middleware.security.SecurityMiddleware",
    "cityloom.app.packing.PackStatic",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cityloom.app.csp.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cityloom.app.idle.EndIdleSessions",
    "cityloom.app.admin_door.AdminDoor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "cityloom.app.urls"
WSGI_APPLICATION = "cityloom.app.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_package / "web" / "templates"],  # before those of Django's administration
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database_from_url(_database_url(), _env.number("CITYLOOM_DATABASE_POOL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = _env.text("CITYLOOM_LANGUAGE")
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [_package / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = _env.text("CITYLOOM_TIME_ZONE")

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600 if PRODUCTION else 0
MEDIA_ROOT = Path(_env.text("CITYLOOM_MEDIA_ROOT") or _var / "media")
FILE_UPLOAD_PERMISSIONS = 0o640

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": max(8, _env.number("CITYLOOM_PASSWORD_LENGTH"))},
    },
    {
        "NAME": "cityloom.city.passwords.ClassesValidator",
        "OPTIONS": {"least": min(4, _env.number("CITYLOOM_PASSWORD_CLASSES"))},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "start"
AXES_FAILURE_LIMIT = max(1, _env.number("CITYLOOM_LOCK_TRIES"))
AXES_COOLOFF_TIME = timedelta(minutes=max(1, _env.number("CITYLOOM_LOCK_MINUTES")))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "cityloom.web.addresses.address_of"
AXES_LOCKOUT_CALLABLE = "cityloom.web.lockout.own_answer"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "new", "again", "csrfmiddlewaretoken"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the moment that was told stands

CITYLOOM_TRUSTED_PROXIES = _env.number("CITYLOOM_TRUSTED_PROXIES")
CITYLOOM_TRUSTED_ADDRESSES = networks_of(_env)
CITYLOOM_LIMITS = limits_of(_env)
CITYLOOM_SECOND_FACTOR = needing_of(_env)
IDENTITY_PROVIDER = provider_of(_env)  # None: nobody signs in by one
CITYLOOM_PASSWORD_DAYS = _env.number("CITYLOOM_PASSWORD_DAYS")
CITYLOOM_SESSIONS = max(1, _env.number("CITYLOOM_SESSIONS"))
CITYLOOM_SESSION_HOURS = max(1, _env.number("CITYLOOM_SESSION_HOURS"))
PASSWORD_RESET_TIMEOUT = 3600 * max(1, _env.number("CITYLOOM_RESET_HOURS"))

SESSION_COOKIE_AGE = 60 * max(1, _env.number("CITYLOOM_IDLE_MINUTES"))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_SSL_REDIRECT = False  # the proxy in front speaks TLS and redirects
X_FRAME_OPTIONS = "DENY"
if _env.number("CITYLOOM_TRUSTED_PROXIES"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CITYLOOM_METRICS_FROM = networks(_env, "CITYLOOM_METRICS_FROM")
CITYLOOM_METRICS_TOKEN = _env.text("CITYLOOM_METRICS_TOKEN")
LOGGING = logging_config(log_format(_env), _env.text("CITYLOOM_LOG_LEVEL"), messages=not PRODUCTION)
