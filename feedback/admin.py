"""The admin site for staff: accounts, tokens, projects and who belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from feedback.models import ApiToken, Membership, Project, User

if TYPE_CHECKING:  # generic for the type checker only
    MemberInline = admin.TabularInline[Membership, Project]
    ProjectBase = admin.ModelAdmin[Project]
    TokenBase = admin.ModelAdmin[ApiToken]
else:
    MemberInline = admin.TabularInline
    ProjectBase = TokenBase = admin.ModelAdmin

admin.site.site_header = "Touchstone"
admin.site.site_title = "Touchstone"
admin.site.register(User, UserAdmin)


class MembershipInline(MemberInline):
    """A project's members on its page."""

    model = Membership
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Project)
class ProjectAdmin(ProjectBase):
    """Projects: what they are called, who is in them, whether they are archived.

    Kinds are set on the project's own page, which checks them.
    """

    list_display = ["name", "slug", "overlap", "created", "archived_at"]
    search_fields = ["name", "slug"]
    readonly_fields = ["slug", "kinds", "created"]
    inlines = [MembershipInline]


@admin.register(ApiToken)
class ApiTokenAdmin(TokenBase):
    """Tokens can be seen and revoked here; they are made by `manage.py create_token`."""

    list_display = ["user", "name", "created", "last_used"]
    search_fields = ["user__username", "name"]
    readonly_fields = ["user", "name", "created", "last_used"]
    exclude = ["digest"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown once, where it is made: not here."""
        return False
