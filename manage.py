#!/usr/bin/env python
"""Commands: joins the embedded servers where no URLs are given, then hands over to Django."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from webapp.embedded import ServerError, attach

# Commands that need neither database nor Redis.
OFFLINE = {"", "help", "version", "--help", "-h", "--version", "collectstatic", "run"}


def main() -> None:
    """Run one command; `run` attaches by itself, once it knows that nobody else runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if command not in OFFLINE and not {"--help", "-h"} & set(sys.argv):
            attach()
    except ServerError as error:
        sys.exit(f"touchstone: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
