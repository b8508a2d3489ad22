"""Snapshots, jobs, recipes, checkpoints and policies: what turns evidence into models."""
