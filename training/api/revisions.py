"""Revisions over REST: a policy writes anew what people criticised in words."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import IdField, Input, parsed, user_of
from feedback.permissions import Ability
from feedback.selectors import get_project
from training import selectors, services
from training.api.base import JobOut, queued
from training.api.samples import SamplingField


class RevisionsIn(Input):
    """The policy that writes, and how it is sampled."""

    policy = IdField()
    sampling = SamplingField(required=False)


class Revisions(APIView):
    """What a policy writes for critiques without a revision."""

    @extend_schema(operation_id="revisions_create", request=RevisionsIn, responses={202: JobOut})
    @transaction.atomic
    def post(self, request: Request, slug: str) -> Response:
        """Queue a job that stores a revision, marked as a machine's, for each criticised answer without one."""
        project = get_project(request.user, slug, Ability.TRAIN)
        fields = parsed(RevisionsIn, request.data)
        (policy,) = selectors.get_policies(project, [fields["policy"]])
        sampling = fields.get("sampling", {})
        return queued(services.start_revisions(project, user_of(request), policy, sampling))
