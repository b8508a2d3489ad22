"""REST endpoints of imports, snapshots, jobs, checkpoints, policies, samples and exports."""

from __future__ import annotations
