"""Who judged what: annotators, their leases, and the answers that were stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from feedback.kinds import kind_choices
from feedback.models.content import Item
from feedback.models.project import Project


class Source(models.TextChoices):
    """Where an annotator's answers come from."""

    HUMAN = "human", "Person"
    JUDGE = "judge", "Judge"
    IMPORT = "import", "Import"


class Annotator(models.Model):
    """Who judges, within a project: a user, a judge version, or a name in an imported file."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="annotators")
    source = models.CharField(max_length=10, choices=Source.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="annotators"
    )
    name = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"],
                condition=Q(user__isnull=False),
                name="annotator_user_unique",
            ),
            models.UniqueConstraint(
                fields=["project", "source", "name"],
                condition=Q(user__isnull=True),
                name="annotator_name_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.user.get_username() if self.user else self.name

    @property
    def pseudonym(self) -> str:
        """What leaves the project instead of the person's name; stable within the project."""
        return f"{self.source}-{self.pk}" if self.user_id else self.name


class AssignmentState(models.TextChoices):
    """A lease is open until it is submitted, skipped, released by its holder, or expires."""

    OPEN = "open", "Open"
    SUBMITTED = "submitted", "Submitted"
    SKIPPED = "skipped", "Skipped"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class Assignment(models.Model):
    """One annotator's lease on one item, with the order in which the completions were shown."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="assignments")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="assignments")
    order = models.JSONField(help_text="Stored indices in the order shown.")
    state = models.CharField(
        max_length=10, choices=AssignmentState.choices, default=AssignmentState.OPEN
    )
    skip_reason = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "annotator"],
                condition=Q(state__in=("open", "submitted", "skipped")),
                name="one_live_lease_each",
            )
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="assignment_open_expiry"
            ),
            models.Index(
                fields=["annotator"], condition=Q(state="open"), name="assignment_open_holder"
            ),
        ]

    def __str__(self) -> str:
        return f"lease of {self.annotator_id} on {self.item_id}"


class Submission(models.Model):
    """One annotator's answers to all kinds of an item, stored together or not at all."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="submissions")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="submissions")
    assignment = models.OneToOneField(
        Assignment, models.PROTECT, null=True, blank=True, related_name="submission"
    )
    key = models.CharField(max_length=100, help_text="The client's; unique for each annotator.")
    body_digest = models.CharField(max_length=64)
    lead_time = models.FloatField(null=True, blank=True, help_text="Seconds spent, idle excluded.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "key"], name="submission_key_unique")
        ]
        indexes = [models.Index(fields=["annotator", "-id"], name="submission_by_annotator")]

    def __str__(self) -> str:
        return f"submission {self.pk}"


class Judgment(models.Model):
    """One stored answer to one kind of one item. Append-only; withdrawn or erased rows are not read."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="judgments")
    item = models.ForeignKey(Item, models.CASCADE, related_name="judgments")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="judgments")
    kind = models.CharField(max_length=40, choices=kind_choices)
    kind_version = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind"], name="one_answer_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"
