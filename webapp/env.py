"""Readers of environment variables that fail loudly; every setting comes in through here."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


def env_str(name: str, default: str = "") -> str:
    """Return the variable as it is; set to nothing counts as not set."""
    return os.environ.get(name) or default


def env_bool(name: str, default: bool) -> bool:
    """Return True or False; anything but those two words is refused."""
    value = env_str(name, str(default))
    if value not in {"True", "False"}:
        raise ImproperlyConfigured(f"Unexpected value {name}={value}: use 'True' or 'False'.")
    return value == "True"


def env_int(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """Return a whole number within [low, high]."""
    value = env_str(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"Unexpected value {name}={value}: use a whole number."
        ) from None
    if not low <= number <= high:
        raise ImproperlyConfigured(
            f"Unexpected value {name}={value}: use a number between {low} and {high}."
        )
    return number


def env_list(name: str, default: str = "") -> list[str]:
    """Return the parts between commas, without the blanks around them."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_secret(name: str, default: str = "") -> str:
    """Return NAME, or the content of the file that NAME_FILE names."""
    filename = env_str(f"{name}_FILE")
    if not filename:
        return env_str(name, default)
    if env_str(name):
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set: use one of them.")
    try:
        return Path(filename).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={filename} cannot be read: {error}.") from None


def env_data_dir() -> Path:
    """Return DATA_DIR as an absolute path; `var/` beside the code by default."""
    return Path(env_str("DATA_DIR", str(ROOT / "var"))).expanduser().absolute()


def redis_url() -> str:
    """Return REDIS_URL, one of redis://, rediss:// and unix://."""
    url = env_secret("REDIS_URL", "redis://127.0.0.1:6379/0")
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    return url


def broker_url(url: str) -> str:
    """Return the URL in the words of Celery, which writes a socket as redis+socket://."""
    parts = urlsplit(url)
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in parts.query:
        return f"{url}{'&' if parts.query else '?'}ssl_cert_reqs=CERT_REQUIRED"
    if parts.scheme != "unix":
        return url
    options = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    database = options.get("db", "0")
    account = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{account}{quote(unquote(parts.path))}?virtual_host={database}"
