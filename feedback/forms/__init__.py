"""Forms of feedback's pages: projects with their kinds' settings, members, filters."""

from __future__ import annotations

from feedback.forms.errors import show_error
from feedback.forms.items import ImageForm, ItemFilter, kind_labels
from feedback.forms.members import MemberForm
from feedback.forms.projects import ProjectForm

__all__ = ["ImageForm", "ItemFilter", "MemberForm", "ProjectForm", "kind_labels", "show_error"]
