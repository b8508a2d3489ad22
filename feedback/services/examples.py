"""Examples beside the guidelines: an item that the owner shows, with what to learn from it."""

from __future__ import annotations

from feedback.errors import InvalidInput
from feedback.models import Example, Item

LONGEST = 10_000


def save_example(item: Item, note: str) -> Example:
    """Show the item beside the guidelines, or change its note. Raises InvalidInput `invalid_note`."""
    text = note.strip()
    if not 0 < len(text) <= LONGEST or "\x00" in text:
        raise InvalidInput(
            f"An example needs a note of 1 to {LONGEST:,} characters that says what to learn from it.",
            code="invalid_note",
            details=[{"where": "note", "message": "Say what to learn from this example."}],
        )
    example, _ = Example.objects.update_or_create(
        item=item, defaults={"project_id": item.project_id, "note": text}
    )
    return example


def remove_example(item: Item) -> None:
    """Show it no longer; the item itself stays."""
    Example.objects.filter(item=item).delete()
