"""Judges that are no people: rules, and language models asked to choose."""

from __future__ import annotations

from training.judges.adherence import adherence_question, adheres
from training.judges.pairwise import both_orders, question, verdict
from training.judges.revision import revision_question
from training.judges.rules import RULES, Rule, parse_rule, rule_from_text

__all__ = [
    "RULES",
    "Rule",
    "adherence_question",
    "adheres",
    "both_orders",
    "parse_rule",
    "question",
    "revision_question",
    "rule_from_text",
    "verdict",
]
