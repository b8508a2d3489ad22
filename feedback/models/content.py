"""What is judged: prompts, their completions, and the items that ask about them."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q

from feedback.models.project import Project


class Prompt(models.Model):
    """A conversation so far. Without an external id, equal messages are one prompt."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="prompts")
    messages = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical messages.")
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 null: none
    tags = models.JSONField(default=list, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="prompt_external_id_unique"
            ),
            models.UniqueConstraint(
                fields=["project", "digest"],
                condition=Q(external_id__isnull=True),
                name="prompt_without_id_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.question[:80]

    @property
    def question(self) -> str:
        """The last message: what is to be answered."""
        return str(self.messages[-1]["content"])


class Completion(models.Model):
    """One candidate answer, with its origin as plain data: `{"label": ..., "parameters": {...}}`."""

    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="completions")
    text = models.TextField(blank=True)
    media = models.JSONField(
        null=True, blank=True, help_text='{"type": "image", "url": ...} or "sha256" of an upload.'
    )
    origin = models.JSONField(default=dict, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def label(self) -> str:
        """The plain name of what wrote it; empty when unknown."""
        return str(self.origin.get("label", ""))


class Image(models.Model):
    """An uploaded image of a project, stored once under its digest."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="images")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    file = models.FileField(upload_to="images/", max_length=200)
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="image_stored_once")
        ]

    def __str__(self) -> str:
        return f"image {self.digest[:12]}"


class Item(models.Model):
    """One question to annotators. It fixes its kinds and their settings when it is created.

    `places` and `order_key` are the queue: free places for people, and who comes first. They change only in
    the transaction that changes what they count. A gold item has no places: everybody is asked it once.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="items", db_index=False)
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="items")
    kinds = models.JSONField(help_text='[{"kind": ..., "version": ..., "settings": {...}}]')
    completions: models.ManyToManyField[Completion, ItemCompletion] = models.ManyToManyField(
        Completion, through="ItemCompletion", related_name="items"
    )
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 null: none
    digest = models.CharField(max_length=64, help_text="SHA-256 of what the item asks.")
    overlap = models.PositiveSmallIntegerField(default=1)
    places = models.SmallIntegerField(default=1)
    order_key = models.BigIntegerField(default=0)
    repeats = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="repeated_by"
    )
    priority = models.SmallIntegerField(
        default=0, help_text="Higher comes first where the queue goes by priority."
    )
    group = models.ForeignKey(
        "feedback.AnnotatorGroup",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        db_index=False,
        help_text="Only members of this group are asked.",
    )
    only_for = models.ForeignKey(
        "feedback.Annotator",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="own_items",
        db_index=False,
        help_text="Only this annotator is asked.",
    )
    gold = models.JSONField(
        null=True,
        blank=True,
        help_text='A known answer: {"answers": {kind: answer}, "explanation": text}.',
    )
    freed = models.BigIntegerField(
        db_default=Func(function="txid_current"),
        editable=False,
        help_text="The transaction that last made it available to somebody; kept by a trigger.",
    )
    blind = models.BooleanField(default=False, help_text="Names are hidden until it is judged.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="item_external_id_unique"
            ),
            models.CheckConstraint(condition=Q(places__gte=0), name="item_places_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["project", "order_key", "id"],
                condition=Q(places__gt=0, withdrawn_at__isnull=True),
                name="item_open_queue",
            ),
            models.Index(fields=["project", "digest"], name="item_by_content"),
            models.Index(fields=["project", "-id"], name="item_newest"),
            models.Index(
                fields=["project", "-id"],
                condition=Q(places=0, withdrawn_at__isnull=True),
                name="item_without_places",
            ),
            models.Index(
                fields=["project", "freed"],
                condition=Q(places__gt=0, withdrawn_at__isnull=True),
                name="item_freed",
            ),
            models.Index(
                fields=["project", "id"],
                condition=Q(gold__isnull=False, withdrawn_at__isnull=True),
                name="item_gold",
            ),
            models.Index(
                fields=["only_for", "id"], condition=Q(only_for__isnull=False), name="item_only_for"
            ),
            models.Index(
                fields=["group", "id"], condition=Q(group__isnull=False), name="item_of_group"
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class ItemCompletion(models.Model):
    """A completion's place in an item: the stored index, from 0, by which answers name it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="slots")
    completion = models.ForeignKey(Completion, models.CASCADE, related_name="slots")
    index = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["item", "index"], name="one_per_slot")]

    def __str__(self) -> str:
        return f"completion {self.completion_id} at {self.index}"


class Impression(models.Model):
    """A completion was shown to somebody who could react. Without it thumbs in use cannot be weighed."""

    completion = models.ForeignKey(Completion, models.CASCADE, related_name="impressions")
    viewer = models.CharField(max_length=200, blank=True, help_text="Who saw it, if known.")
    key = models.CharField(max_length=100, help_text="The client's; a repeat counts once.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["completion", "key"], name="impression_counted_once")
        ]

    def __str__(self) -> str:
        return f"completion {self.completion_id} was shown"


class Example(models.Model):
    """An item that the owner shows beside the guidelines, with what to learn from it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="examples")
    item = models.OneToOneField(Item, models.CASCADE, related_name="example")
    note = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"example: item {self.item_id}"
