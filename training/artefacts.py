"""Artefact storage: folders of files by prefix, on a disk or in a bucket, as the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from feedback.errors import NotFound

SCHEME = "artefact:"
COMPLETE = ".complete"  # written last: a folder without it was never finished


def store_tree(local: Path, prefix: str) -> str:
    """Copy a local folder to storage in place of what is there; returns the prefix."""
    storage = _storage()
    remove_tree(prefix)
    for file in sorted(local.rglob("*")):
        if file.is_file():
            with file.open("rb") as stream:
                storage.save(f"{prefix}/{file.relative_to(local).as_posix()}", File(stream))
    storage.save(f"{prefix}/{COMPLETE}", ContentFile(b""))
    return prefix


def fetch_tree(prefix: str, local: Path) -> Path:
    """A local folder with the prefix's files: the storage's own where it is a disk, else `local`.

    Raises NotFound `artefact_missing` for a prefix that was never finished.
    """
    storage = _storage()
    if not tree_exists(prefix):
        raise NotFound(
            f"The files of '{prefix}' are not in artefact storage.",
            code="artefact_missing",
            hint="Check the artefact settings, or make it again.",
        )
    on_disk = _disk_path(storage, prefix)
    if on_disk is not None:
        return on_disk
    if not (local / COMPLETE).exists():
        for name in _walk(storage, prefix):
            if Path(name).name == COMPLETE:
                continue
            target = local / Path(name).relative_to(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            with storage.open(name) as source, target.open("wb") as copy:
                copy.writelines(source.chunks())
        (local / COMPLETE).touch()
    return local


def tree_exists(prefix: str) -> bool:
    """Whether a finished folder is stored under the prefix."""
    return _storage().exists(f"{prefix}/{COMPLETE}")


def remove_tree(prefix: str) -> None:
    """Delete a stored folder, its mark of completeness first."""
    storage = _storage()
    if storage.exists(f"{prefix}/{COMPLETE}"):
        storage.delete(f"{prefix}/{COMPLETE}")
    for name in list(_walk(storage, prefix)):
        storage.delete(name)


def _storage() -> Storage:
    return storages["artefacts"]


def _disk_path(storage: Storage, prefix: str) -> Path | None:
    return Path(storage.path(prefix)) if isinstance(storage, FileSystemStorage) else None


def _walk(storage: Storage, prefix: str) -> Iterator[str]:
    """Names of all files under a prefix; nothing where there is no such folder."""
    try:
        folders, files = storage.listdir(prefix)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from (f"{prefix}/{name}" for name in files)
    for folder in folders:
        yield from _walk(storage, f"{prefix}/{folder}")
