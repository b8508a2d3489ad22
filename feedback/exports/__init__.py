"""The catalogue of exports: evidence becomes bytes, one module each."""

from __future__ import annotations

from feedback.errors import InvalidInput
from feedback.exports.base import Export, ExportOptions
from feedback.exports.image_preference import ImagePreference
from feedback.exports.native import Native
from feedback.exports.preference import Preference
from feedback.exports.prompt_completion import PromptCompletion
from feedback.exports.unpaired import Unpaired

__all__ = ["EXPORTS", "Export", "ExportOptions", "get_export"]

EXPORTS: dict[str, Export] = {
    e.name: e for e in (Native(), Preference(), Unpaired(), PromptCompletion(), ImagePreference())
}


def get_export(name: str) -> Export:
    """The export of that name; raises InvalidInput `unknown_format`."""
    try:
        return EXPORTS[name]
    except KeyError:
        raise InvalidInput(
            f"There is no export format '{name}'.",
            code="unknown_format",
            hint=f"Known formats: {', '.join(EXPORTS)}.",
        ) from None
