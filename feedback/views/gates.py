"""The gate before a kind's first real item: its rules, questions about them, practice rounds, and the start."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from feedback.errors import InvalidInput
from feedback.evidence import Candidate
from feedback.kinds.base import Ask, Round
from feedback.models import Annotator
from feedback.rendering import to_html
from feedback.selectors import AskedKind
from feedback.services.gates import GateState, answer_gate, gate_state, pass_gate, practise_gate
from feedback.services.records import open_session
from feedback.views.answers import posted_answers, typed
from feedback.views.painting import annotator_of
from feedback.views.requests import MemberRequest, parse_id


@dataclass(frozen=True, slots=True)
class PracticeShown:
    """A practice completion as forms and pages show it, in stored order."""

    place: int
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class PracticeQuestion:
    """A practice round in the shape of a question, which no lease holds."""

    messages: Sequence[Mapping[str, str]]
    shown: Sequence[PracticeShown]
    kinds: Sequence[AskedKind]
    assignment: None = None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def gate(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """One's own gate, at the step that comes next; what is posted answers that step."""
    annotator = annotator_of(request, slug)
    state = gate_state(annotator, pk)
    if state.record.closed_at is not None:
        return redirect("judge", slug)
    if request.method != "POST":
        return _page(request, annotator, state)
    step = request.POST.get("step", "")
    if step == "questions":
        return _questions(request, annotator, state)
    if step == "practice" and state.practice_left:
        return _practice(request, annotator, state)
    if step == "begin":
        pass_gate(state)
        return redirect("judge", slug)
    return redirect("gate", slug, pk)


def _questions(request: MemberRequest, annotator: Annotator, state: GateState) -> HttpResponse:
    chosen = [parse_id(request.POST.get(f"question.{n}")) for n in range(len(state.gate.questions))]
    wrong = answer_gate(state, chosen)
    if not wrong:
        return redirect("gate", annotator.project.slug, state.record.pk)
    return _page(request, annotator, state, 400, chosen=chosen, wrong=wrong)


def _practice(request: MemberRequest, annotator: Annotator, state: GateState) -> HttpResponse:
    """The round is answered with the kind's own form, and resolved as a real one would be."""
    name, ask = state.kind.name, _ask(state)
    try:
        answers = posted_answers(request.POST, [name])
        answer = state.kind.parse(answers.get(name, {}), ask)
    except InvalidInput as error:
        filled = typed(request.POST.dict(), [name])
        return _page(request, annotator, state, 400, error=error, answers=filled)
    chance = random.SystemRandom()
    outcome = state.kind.outcome(answer, ask, chance)
    practised = Round(
        judgment=0, item=0, annotator="", answer=answer, ask=ask, outcome=outcome, created=""
    )
    context = {
        "resolved": True,
        "answer": answer,
        "ask": ask,
        "outcome": outcome,
        "in_words": state.kind.describe(answer, ask),
        "result": state.kind.close_session([practised], chance)
        if state.kind.keeps_sessions(state.settings)
        else None,
    }
    shown = _context(annotator, state) | context
    practise_gate(state, state.practised)
    return render(request, "feedback/records/gate.html", shown)


def _page(
    request: MemberRequest,
    annotator: Annotator,
    state: GateState,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _context(annotator, state) | more
    if state.ready and state.kind.keeps_sessions(state.settings):
        # The draws are fixed before the first answer: what they are committed to is shown now.
        context["session"] = open_session(annotator, state.kind, state.settings)
    return render(request, "feedback/records/gate.html", context, status=status)


def _context(annotator: Annotator, state: GateState) -> dict[str, Any]:
    context = {
        "project": annotator.project,
        "state": state,
        "kind": state.kind,
        "introduction": to_html(state.gate.introduction, markdown=True),
        "asked": AskedKind(state.kind, state.settings),
        "answers": {},
        "rounds": len(state.gate.practice),
        "round": state.practised + 1,
    }
    if state.practice_left:
        context["question"] = _question(state)
    return context


def _question(state: GateState) -> PracticeQuestion:
    practice = state.gate.practice[state.practised]
    shown = [PracticeShown(n + 1, n, text) for n, text in enumerate(practice.completions)]
    return PracticeQuestion(
        messages=[{"role": "user", "content": practice.prompt}],
        shown=shown,
        kinds=[AskedKind(state.kind, state.settings)],
    )


def _ask(state: GateState) -> Ask[Any]:
    texts = state.gate.practice[state.practised].completions
    return Ask([Candidate(n, text) for n, text in enumerate(texts)], state.settings)
