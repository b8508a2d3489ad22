"""Import: a file is uploaded, its columns are given a meaning, and a job reads it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO, cast

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.files import File
from django.core.files.storage import storages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from feedback.errors import InvalidInput, NotFound, TouchstoneError
from feedback.imports import (
    FORMATS,
    Row,
    RowError,
    columns_of,
    convert_rows,
    detect_format,
    parse_mapping,
    read_rows,
    suggest_mapping,
)
from feedback.models import Project
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest
from training import services
from training.forms.errors import show_error
from training.forms.imports import MappingForm, UploadForm
from training.models import Job
from training.views.requests import nudge_for

FOLDER = "uploads"
SALT = "training.import"
HEAD = 4096
FIRST_ROWS = 100
SHOWN_ROWS = 6
KEPT = timedelta(days=1)  # an upload whose import was never started


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in artefact storage between the two steps; its signed form is in the address."""

    project: int
    file: str
    filename: str
    format: str

    def token(self) -> str:
        """The upload as text that nobody else can make."""
        return signing.dumps(asdict(self), salt=SALT, compress=True)


@dataclass(frozen=True, slots=True)
class Head:
    """The first rows of the file and its columns; an error where it cannot be read."""

    rows: Sequence[Row | RowError] = ()
    columns: Sequence[str] = ()
    error: TouchstoneError | None = None
    suggested: dict[str, Any] = field(default_factory=dict)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: MemberRequest, slug: str) -> HttpResponse:
    """The first step: the file."""
    project = get_project(request.user, slug, Ability.MANAGE)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        try:
            kept = _keep(project, form.cleaned_data["file"], form.cleaned_data["format"])
        except TouchstoneError as error:
            show_error(form, error, {"unknown_format": "format"})
        else:
            return redirect("import_mapping", project.slug, kept.token())
    context = {"project": project, "form": form}
    status = 400 if form.is_bound else 200
    return render(request, "training/import.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: MemberRequest, slug: str, token: str) -> HttpResponse:
    """The second step: what the columns mean, with the first rows as they would be read."""
    project = get_project(request.user, slug, Ability.MANAGE)
    kept = _kept(project, token)
    posted = request.POST if request.method == "POST" else None
    chosen = posted.get("format", "") if posted else ""
    format = chosen if chosen in FORMATS else kept.format
    head = _head(kept, format)
    form = MappingForm(posted, columns=head.columns, suggested=head.suggested, format=format)
    starting = posted is not None and posted.get("action") == "start"
    context: dict[str, Any] = {"project": project, "upload": kept, "form": form}
    if starting and head.error is None and form.is_valid():
        try:
            return redirect("job", _start(request, project, kept, form).pk)
        except TouchstoneError as error:
            context["refused"] = error
    context |= _preview(form, head)
    whole = not request.htmx
    template = "training/import_mapping.html" if whole else "training/_import_preview.html"
    return render(request, template, context, status=400 if starting and whole else 200)


def _start(request: MemberRequest, project: Project, kept: Upload, form: MappingForm) -> Job:
    storage = storages["artefacts"]
    with storage.open(kept.file) as stream:
        job = services.start_import(
            project,
            request.user,
            cast(BinaryIO, stream),
            filename=kept.filename,
            mapping=form.as_mapping(),
            format=form.cleaned_data["format"],
        )
    storage.delete(kept.file)
    nudge_for(job)
    return job


def _preview(form: MappingForm, head: Head) -> dict[str, Any]:
    """The first rows as the mapping reads them, or why it cannot."""
    if head.error is not None:
        return {"error": head.error}
    try:
        said = _said(form, head)
        if said is None:
            return {"rows": []}
        return {"rows": list(islice(convert_rows(parse_mapping(said), head.rows), SHOWN_ROWS))}
    except TouchstoneError as error:
        return {"error": error}


def _said(form: MappingForm, head: Head) -> dict[str, Any] | None:
    """The mapping of the form; the guess while nothing was said; None when it is not complete."""
    if not form.is_bound:
        return head.suggested
    return form.as_mapping() if form.is_valid() else None


def _keep(project: Project, file: File[bytes], format: str) -> Upload:
    """Store the file for the second step. Raises InvalidInput `unknown_format`."""
    head = file.read(HEAD)
    file.seek(0)
    filename = (file.name or "file")[:200]
    chosen = format or detect_format(filename, head)
    _forget_old()
    name = storages["artefacts"].save(f"{FOLDER}/{uuid.uuid4().hex}", file)
    return Upload(project.pk, name, filename, chosen)


def _kept(project: Project, token: str) -> Upload:
    """The upload of the address, if it is this project's and still there."""
    try:
        kept = Upload(**signing.loads(token, salt=SALT))
    except (signing.BadSignature, TypeError) as error:
        raise _gone() from error
    if kept.project != project.pk or not storages["artefacts"].exists(kept.file):
        raise _gone()
    return kept


def _head(kept: Upload, format: str) -> Head:
    try:
        with storages["artefacts"].open(kept.file) as stream:
            rows = list(islice(read_rows(format, stream), FIRST_ROWS))
    except InvalidInput as error:
        return Head(error=error)
    columns = columns_of(rows)
    if not columns:
        empty = InvalidInput(
            "No row of this file can be read.",
            code="no_rows",
            hint="Choose another format, or another file.",
            details=[{"where": f"row {r.number}", "message": r.message} for r in _refused(rows)],
        )
        return Head(rows=rows, error=empty)
    samples = [row.values for row in rows if isinstance(row, Row)]
    return Head(rows=rows, columns=columns, suggested=suggest_mapping(columns, samples))


def _refused(rows: Sequence[Row | RowError]) -> list[RowError]:
    return [row for row in rows if isinstance(row, RowError)][:5]


def _forget_old() -> None:
    """Delete uploads whose import nobody started within a day."""
    storage = storages["artefacts"]
    with suppress(FileNotFoundError):
        for name in storage.listdir(FOLDER)[1]:
            path = f"{FOLDER}/{name}"
            with suppress(FileNotFoundError):
                if timezone.now() - storage.get_modified_time(path) > KEPT:
                    storage.delete(path)


def _gone() -> NotFound:
    return NotFound(
        "The uploaded file is not here any more.",
        code="upload_gone",
        hint="It was imported already, or waited for over a day. Upload it again.",
    )
