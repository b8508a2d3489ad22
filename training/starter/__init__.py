"""The starter policy: a small language model made on the spot, from text that needs no network."""

from __future__ import annotations
