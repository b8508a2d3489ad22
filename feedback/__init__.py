"""Prompts, items, judgments and evidence: everything that people and judges touch, without torch."""
