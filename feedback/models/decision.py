"""Decisions: the one authoritative answer where people disagreed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from feedback.kinds import kind_choices
from feedback.models.content import Item
from feedback.models.judgment import Judgment


class Decision(models.Model):
    """A reviewer's choice among the answers to one kind of an item. At most one, by constraint."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="decisions")
    kind = models.CharField(max_length=40, choices=kind_choices)
    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="decisions")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "kind"], name="one_decision_each")]

    def __str__(self) -> str:
        return f"decision on {self.kind} of item {self.item_id}"
