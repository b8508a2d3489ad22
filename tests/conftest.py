"""What every test shares; the servers themselves come from `tests/servers.py`."""

from __future__ import annotations

import os

# Two cores are shared by everything that runs: a tensor library must not take them all.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tests.cast import (  # noqa: F401 - fixtures for all
    annotator,
    api_of,
    client_of,
    owner,
    project,
    reviewer,
    staff,
    stranger,
    thumbs_project,
)
