"""`manage.py create_token USER`: a new REST token, printed alone, so that scripts can take it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback.models import User
from feedback.services import create_token


class Command(BaseCommand):
    """Prints the token, which is stored nowhere."""

    help = "Create a REST token of a user. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose token, and what it is for."""
        parser.add_argument("user", help="the user's name")
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create and print."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user '{options['user']}'.")
        if not user.is_active:
            raise CommandError(f"The user '{user}' is not active, so a token would not work.")
        self.stdout.write(create_token(user, options["name"][:100]))
