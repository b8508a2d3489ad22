#!/usr/bin/env python
"""Commands: joins the embedded servers where no URLs are given, then hands over to Django."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from webapp.embedded import ServerError, attach, prepare_data_dir
from webapp.env import env_data_dir, env_int, env_str
from webapp.runner import Refused, claim

# Commands that need neither database nor Redis.
OFFLINE = {"", "help", "version", "--help", "-h", "--version", "collectstatic"}


def main() -> None:
    """Run one command; all of them may run side by side, except `run` with itself."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if command not in OFFLINE and not {"--help", "-h"} & set(sys.argv):
            prepare_data_dir(env_data_dir())
            if command == "run":
                claim(env_data_dir(), env_str("HOST", "127.0.0.1"), env_int("PORT", 8000, low=1))
            attach()
    except (ServerError, Refused) as error:
        sys.exit(f"touchstone: {error}")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
