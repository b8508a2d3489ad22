"""What models think, stored as data beside what it is about: a score, an uncertainty, an embedding."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from feedback.models.content import Completion, Item


class Signal(models.Model):
    """A number or a vector about an item or a completion, by the name and version of what it is.

    `name` says what it is (`embedding`, `reward`, `reward_uncertainty`), `version` which model said it.
    """

    item = models.ForeignKey(
        Item, models.CASCADE, null=True, blank=True, related_name="signals", db_index=False
    )
    completion = models.ForeignKey(
        Completion, models.CASCADE, null=True, blank=True, related_name="signals", db_index=False
    )
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=100, blank=True)
    value = models.FloatField(null=True, blank=True)
    vector = ArrayField(models.FloatField(), null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "name", "version"], name="signal_of_item"),
            models.UniqueConstraint(
                fields=["completion", "name", "version"], name="signal_of_completion"
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=True) ^ Q(completion__isnull=True),
                name="signal_is_about_one",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) ^ Q(vector__isnull=True),
                name="signal_is_number_or_vector",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()
