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
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.TextField(blank=True)
    excused_before = models.DateTimeField(
        null=True, blank=True, help_text="Answers to gold before this do not count in the test."
    )
    exam_passed_at = models.DateTimeField(null=True, blank=True)
    # Where the queue begins for this annotator; see `feedback.assignment.queue`.
    cursor_key = models.BigIntegerField(null=True, blank=True, editable=False)
    cursor_id = models.BigIntegerField(null=True, blank=True, editable=False)
    cursor_seen = models.BigIntegerField(default=0, editable=False)
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
        if self.user:
            return self.user.get_username()
        # A viewer of another application may be called like a member.
        return f"{self.name} (viewer)" if self.source == Source.HUMAN else self.name

    @property
    def pseudonym(self) -> str:
        """What leaves the project instead of the person's name; stable within the project."""
        return f"{self.source}-{self.pk}" if self.user_id else self.name


class AnnotatorGroup(models.Model):
    """People of a project to whom items can be restricted."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=100)
    annotators = models.ManyToManyField(Annotator, related_name="groups", blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="group_name_unique")
        ]

    def __str__(self) -> str:
        return self.name


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
    takes_place = models.BooleanField(
        default=True, help_text="Whether it counts to the item's overlap; gold does not."
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
            models.Index(
                fields=["annotator", "closed_at"],
                condition=Q(state="submitted"),
                name="assignment_submitted",
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
    amends = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="amended_by"
    )
    order = models.JSONField(
        null=True, blank=True, help_text="Stored indices in the order shown, where it was shown."
    )
    lead_time = models.FloatField(null=True, blank=True, help_text="Seconds spent, idle excluded.")
    edits = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often a choice or text was changed before sending."
    )
    client = models.CharField(max_length=60, blank=True, help_text="Program and version.")
    gold_right = models.BooleanField(
        null=True, blank=True, help_text="Whether it was the known answer, where one is known."
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "key"], name="submission_key_unique")
        ]
        indexes = [
            models.Index(fields=["annotator", "-id"], name="submission_by_annotator"),
            models.Index(
                fields=["annotator", "created"],
                condition=Q(gold_right__isnull=False),
                name="submission_to_gold",
            ),
        ]

    def __str__(self) -> str:
        return f"submission {self.pk}"


class RecordPurpose(models.TextChoices):
    """What a kind keeps about an annotator: passing its gate, or a session of work."""

    GATE = "gate", "Gate"
    SESSION = "session", "Session"


class KindRecord(models.Model):
    """What a kind keeps about an annotator's gate or session. Closed: passed, or ended.

    `about` is the digest of the settings that it holds for. A session's `secret` seeds its draws; its SHA-256 is
    shown when the session begins and the secret when it ends, so that the draws can be audited.
    """

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="kind_records")
    kind = models.CharField(max_length=40, choices=kind_choices)
    purpose = models.CharField(max_length=10, choices=RecordPurpose.choices)
    about = models.CharField(max_length=64)
    secret = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "kind", "purpose", "about"],
                condition=Q(closed_at__isnull=True),
                name="one_open_record",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.annotator_id} for {self.kind}"


class Draft(models.Model):
    """What an annotator has typed about an item and not sent: the form's fields by name."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="drafts")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="drafts")
    fields = models.JSONField(default=dict)
    lead_time = models.FloatField(default=0)
    edits = models.PositiveIntegerField(default=0)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "annotator"], name="one_draft_each")]

    def __str__(self) -> str:
        return f"draft of {self.annotator_id} on {self.item_id}"


class Judgment(models.Model):
    """One stored answer to one kind of one item. Append-only; withdrawn or erased rows are not read."""

    # The item's: the newest of a small project are found among millions of others by it.
    project = models.ForeignKey(Project, models.CASCADE, related_name="judgments", db_index=False)
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="judgments")
    item = models.ForeignKey(Item, models.CASCADE, related_name="judgments")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="judgments")
    kind = models.CharField(max_length=40, choices=kind_choices)
    kind_version = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    outcome = models.JSONField(
        default=dict, blank=True, help_text="What its kind worked out when it was stored."
    )
    record = models.ForeignKey(
        KindRecord, models.PROTECT, null=True, blank=True, related_name="judgments"
    )
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
        indexes = [models.Index(fields=["project", "-id"], name="judgment_newest")]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"
