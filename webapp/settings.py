"""Every setting, top to bottom; none needs to be set, and loading this changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

from webapp.env import (
    ROOT,
    broker_url,
    env_bool,
    env_data_dir,
    env_int,
    env_list,
    env_secret,
    env_str,
    redis_url,
)

# Where everything lives that is not code.
DATA_DIR = env_data_dir()


def _kept_secret() -> str:
    """Return the key that the first start wrote, or nothing: Django then refuses to sign."""
    path = Path(DATA_DIR / "secret_key")
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


# Security.
DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_secret("SECRET_KEY") or _kept_secret()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
HTTPS = env_bool("HTTPS", False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("BEHIND_PROXY", False) else None
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# What is installed.
INSTALLED_APPS = [
    "webapp",
    "training.apps.TrainingConfig",
    "feedback.apps.FeedbackConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "webapp.errors.TouchstoneErrorMiddleware",
]
ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Where the product listens.
HOST = env_str("HOST", "127.0.0.1")
PORT = env_int("PORT", 8000, low=1, high=65535)

# The one database (webapp.checks refuses any other engine) and Redis.
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env_secret("DATABASE_URL", "postgresql:///touchstone"),
        conn_max_age=env_int("DATABASE_CONN_MAX_AGE", 60),
        conn_health_checks=True,
    )
}
# What `feedback.prepared` runs is prepared by each connection when it comes a second time; nothing else is.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 1
REDIS_URL = redis_url()

# Celery is a nudge: rows are the truth, so nothing is stored, acknowledged late or prefetched.
# Threads: models load in child processes only, and a pool of threads dies with its process.
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # A sweep that nobody took within its period is worth nothing: the next one does the same.
    "sweep": {"task": "training.tasks.sweep", "schedule": 5.0, "options": {"expires": 5.0}},
}

# Accounts.
AUTH_USER_MODEL = "feedback.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Language and time: stored and sent as UTC; pages show local time.
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Files: static ones from the code, artefacts (checkpoints, exports) in a folder or a bucket.
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "webapp" / "static"]
STATIC_MANIFEST = env_bool("STATIC_MANIFEST", (STATIC_ROOT / "staticfiles.json").is_file())
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
WHITENOISE_MANIFEST_STRICT = False
ARTEFACTS_S3_BUCKET = env_str("ARTEFACTS_S3_BUCKET")


def _artefact_storage() -> dict[str, Any]:
    if not ARTEFACTS_S3_BUCKET:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": DATA_DIR / "artefacts", "allow_overwrite": True},
        }
    options = {
        "bucket_name": ARTEFACTS_S3_BUCKET,
        "location": env_str("ARTEFACTS_S3_PREFIX"),
        "endpoint_url": env_str("ARTEFACTS_S3_ENDPOINT_URL") or None,
        "region_name": env_str("ARTEFACTS_S3_REGION") or None,
        "access_key": env_secret("ARTEFACTS_S3_ACCESS_KEY") or None,
        "secret_key": env_secret("ARTEFACTS_S3_SECRET_KEY") or None,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "media"},
    },
    # Names with a digest need `collectstatic`, which `manage.py run` does; without it (tests,
    # the first command) files are served under their plain names from where they lie.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_MANIFEST
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
    "artefacts": _artefact_storage(),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = env_int("UPLOAD_MAX_MB", 200, low=1) * 2**20

# Training: the policy that new projects begin with; a directory or a Hub id serves as well.
BASE_MODEL = env_str("BASE_MODEL", "starter")

# REST.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "feedback.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["feedback.api.parsing.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "feedback.api.paging.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "webapp.api.exception_handler",
    "PAGE_SIZE": 100,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` names the format of an export
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Touchstone",
    "DESCRIPTION": "People's judgments of model outputs, and the models trained on them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",  # whose schemas are JSON schemas, as pydantic writes them
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "webapp.schema.document",
    ],
    "SORT_OPERATIONS": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "MemberRole": "feedback.models.Role",
        "MessageRole": "feedback.services.checks.ROLES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Logs: one readable line each, on standard error, where the runner and any container take them.
LOG_LEVEL = env_str("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{
            name: {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False}
            for name in ("feedback", "training", "webapp", "django")
        },
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
