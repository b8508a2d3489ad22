"""Bearer tokens: a program speaks for a user."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from feedback.models import ApiToken, User, token_digest
from feedback.prepared import Given, Prepared

KEYWORDS = (b"bearer", b"token")
USE_NOTED_EVERY = timedelta(minutes=1)
_BY_DIGEST = Prepared(
    lambda: ApiToken.objects.select_related("user").filter(digest=Given("digest"))
)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` or `Token <token>`; only digests are compared."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user; None without such a header. Raises AuthenticationFailed."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() not in KEYWORDS:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("The Authorization header needs one token.")
        digest = token_digest(parts[1].decode("latin-1"))
        token = _BY_DIGEST.first(digest=digest)
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This token is not valid.")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="api"'


def _note_use(token: ApiToken) -> None:
    """At most one write a minute, however many requests there are."""
    now = timezone.now()
    stale = Q(last_used=None) | Q(last_used__lt=now - USE_NOTED_EVERY)
    if token.last_used is None or token.last_used < now - USE_NOTED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used=now)
