"""Projects and their members."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import services
from feedback.api.base import Input, KindsField, ProjectList, TextField, parsed, user_of
from feedback.errors import NotFound
from feedback.models import Membership, Project, Role, User
from feedback.permissions import Ability, abilities
from feedback.selectors import get_project, projects_of


class ProjectIn(Input):
    """What can be set of a project."""

    name = serializers.CharField(max_length=200)
    description = TextField(required=False, allow_blank=True, max_length=100_000)
    guidelines = TextField(required=False, allow_blank=True, max_length=100_000)
    kinds = KindsField(required=False)
    overlap = serializers.IntegerField(required=False, min_value=1, max_value=100)
    lease_minutes = serializers.IntegerField(required=False, min_value=1, max_value=24 * 60)
    grace_minutes = serializers.IntegerField(required=False, min_value=0, max_value=24 * 60)
    markdown = serializers.BooleanField(required=False)


class NewProjectIn(ProjectIn):
    """A new project; without a slug it is made of the name."""

    slug = serializers.SlugField(required=False, max_length=80)


class ProjectOut(serializers.ModelSerializer[Project]):
    """A project as lists show it."""

    kinds = KindsField()

    class Meta:
        model = Project
        fields = (
            "id",
            "slug",
            "name",
            "description",
            "guidelines",
            "kinds",
            "overlap",
            "lease_minutes",
            "grace_minutes",
            "markdown",
            "created",
        )


class PeopleOut(serializers.Serializer[Any]):
    """What people are asked."""

    items = serializers.IntegerField()
    wanted = serializers.IntegerField(help_text="Answers asked for in all.")
    given = serializers.IntegerField(help_text="Those that were given.")


class ProgressOut(serializers.Serializer[Any]):
    """How far a project is."""

    prompts = serializers.IntegerField()
    items = serializers.IntegerField()
    places = serializers.IntegerField(help_text="Judgments that people still owe.")
    submissions = serializers.IntegerField()
    judgments = serializers.DictField(child=serializers.IntegerField(), help_text="By kind.")
    people = PeopleOut()
    counted = serializers.DateTimeField(
        allow_null=True,
        help_text="When, where it was not just now: large projects are counted in turn.",
    )


class ProjectDetailOut(ProjectOut):
    """A project with what the user may do in it, and how far it is."""

    abilities = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()

    class Meta(ProjectOut.Meta):
        fields = (*ProjectOut.Meta.fields, "abilities", "progress")  # type: ignore[assignment]

    def get_abilities(self, project: Project) -> list[str]:
        """What the user may do."""
        return sorted(abilities(self.context["request"].user, project))

    @extend_schema_field(ProgressOut(allow_null=True))
    def get_progress(self, project: Project) -> dict[str, Any] | None:
        """Counts, for those who may see the content."""
        if Ability.VIEW not in abilities(self.context["request"].user, project):
            return None
        data: dict[str, Any] = ProgressOut(services.known_progress(project)).data
        return data


class Projects(ListModelMixin, GenericAPIView[Project]):
    """The user's projects."""

    queryset = Project.objects.none()
    serializer_class = ProjectOut

    def get_queryset(self) -> QuerySet[Project]:
        """Those that the user may see."""
        return projects_of(self.request.user)

    @extend_schema(operation_id="projects_list")
    def get(self, request: Request) -> Response:
        """The projects of which the user is a member; staff see all."""
        return self.list(request)

    @extend_schema(
        operation_id="projects_create", request=NewProjectIn, responses={201: ProjectDetailOut}
    )
    def post(self, request: Request) -> Response:
        """A new project, owned by the user."""
        fields = parsed(NewProjectIn, request.data)
        project = services.create_project(owner=user_of(request), **fields)
        return Response(ProjectDetailOut(project, context={"request": request}).data, status=201)


class ProjectDetail(APIView):
    """One project."""

    @extend_schema(operation_id="projects_retrieve", responses=ProjectDetailOut)
    def get(self, request: Request, slug: str) -> Response:
        """The project, what the user may do in it, and how far it is."""
        project = get_project(request.user, slug, Ability.JUDGE)
        return Response(ProjectDetailOut(project, context={"request": request}).data)

    @extend_schema(operation_id="projects_update", request=ProjectIn, responses=ProjectDetailOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Change settings; items that exist keep theirs."""
        project = get_project(request.user, slug, Ability.MANAGE)
        fields = parsed(ProjectIn, request.data, partial=True)
        services.update_project(project, **fields)
        return Response(ProjectDetailOut(project, context={"request": request}).data)


class MemberIn(Input):
    """Who is to play which role."""

    user = serializers.CharField(max_length=150, help_text="The user's name.")
    role = serializers.ChoiceField(choices=Role.choices)


class MemberOut(serializers.ModelSerializer[Membership]):
    """A member and the role."""

    user = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "created")


class Members(ProjectList[Membership]):
    """The members of a project."""

    queryset = Membership.objects.none()
    serializer_class = MemberOut

    def rows(self, project: Project) -> QuerySet[Membership]:
        """All members."""
        return Membership.objects.filter(project=project).select_related("user")

    @extend_schema(operation_id="members_list")
    def get(self, request: Request, slug: str) -> Response:
        """The members and their roles."""
        return self.list(request)

    @extend_schema(operation_id="members_add", request=MemberIn, responses={201: MemberOut})
    def post(self, request: Request, slug: str) -> Response:
        """Give a user a role, in place of another one."""
        project = self.project(Ability.MANAGE)
        wanted = parsed(MemberIn, request.data)
        member = services.add_member(project, _user(wanted["user"]), wanted["role"])
        return Response(MemberOut(member).data, status=201)


class Member(APIView):
    """One member of a project."""

    @extend_schema(operation_id="members_remove", responses={204: None})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Take the user's role away; their judgments stay."""
        project = get_project(request.user, slug, Ability.MANAGE)
        services.remove_member(project, _user(username))
        return Response(status=204)


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first() if "\x00" not in name else None
    if user is None:
        raise NotFound(f"There is no user '{name}'.", code="unknown_user")
    return user
