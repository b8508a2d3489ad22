"""The demo: one whole turn of the loop with simulated people whose utility is known, and a control."""

from __future__ import annotations

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from feedback.errors import TouchstoneError
from feedback.models import Item, Judgment, Project, User
from feedback.services import NewCompletion, NewItem, add_items, add_prompt, create_project
from training.metrics import Estimate, mean
from training.models import Checkpoint, Generation, Job, JobState, Policy, Snapshot
from training.registry import STARTER, ensure_base_policy
from training.services import run_here, start_sampling, start_snapshot, start_training
from training.starter.corpus import Question, prompts
from training.starter.utility import utility
from webapp.first_start import ensure_base, ensure_owner
from webapp.simulation import Taste, judge_all, shuffled, simulated_annotators

SEED = 7
LABEL_PROMPTS, TEST_PROMPTS = 200, 200
PAIRS_EACH, THUMBS_EACH, TEST_SAMPLES = 4, 4, 2
PEOPLE = ("ada", "ben", "cem", "dua", "eli")

Say = Callable[[str], object]
T = TypeVar("T")


@dataclass(slots=True)
class Report:
    """What the demo measured; seconds by step."""

    labels: dict[str, int] = field(default_factory=dict)
    accuracy: dict[str, Mapping[str, float]] = field(default_factory=dict)
    before: Estimate | None = None
    after: dict[str, Estimate] = field(default_factory=dict)
    gain: dict[str, Estimate] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class Demo:
    """One turn; every step is a job or goes through the door that people use."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.report = Report()
        self.rng = random.Random(SEED)  # noqa: S311 no secret
        self.owner: User = ensure_owner()

    def run(self) -> Report:
        """The whole turn, one job at a time."""
        self._step("starter policy", lambda: ensure_base(self.say))
        starter = ensure_base_policy(STARTER)
        asked = list(prompts())
        self.rng.shuffle(asked)
        labelled, held = asked[:LABEL_PROMPTS], asked[LABEL_PROMPTS:][:TEST_PROMPTS]
        project = self._project("Demo turn", labelled)
        self._step("sampling for labels", lambda: self._sample_for_labels(project, starter))
        self._step("judging", lambda: self._judge(project))
        control = self._project("Demo control (shuffled labels)", ())
        self._step("judging, control", lambda: self._judge_shuffled(project, control))
        truth, noise = self._freeze(project), self._freeze(control)
        policies = {
            "DPO": self._train("DPO", "dpo", truth, starter),
            "KTO": self._train("KTO", "kto", truth, starter),
            "DPO, shuffled labels": self._train("DPO, shuffled labels", "dpo", noise, starter),
        }
        self._train("reward model", "reward_model", truth, starter)
        self._train("reward model, shuffled labels", "reward_model", noise, starter)
        test = self._project("Demo test prompts", held)
        self._compare(test, starter, policies)
        return self.report

    def _step(self, name: str, work: Callable[[], T]) -> T:
        began = time.monotonic()
        self.say(f"  {name} ...")
        made = work()
        self.report.seconds[name] = time.monotonic() - began
        return made

    def _project(self, name: str, asked: Sequence[Question]) -> Project:
        project = create_project(owner=self.owner, name=name)
        for one in asked:
            add_prompt(project, [{"role": "user", "content": one.text}], tags=[one.kind])
        return project

    def _sample_for_labels(self, project: Project, starter: Policy) -> None:
        for kind, n in (("pairwise", 2 * PAIRS_EACH), ("thumbs", THUMBS_EACH)):
            sampling = {"n": n, "max_new_tokens": 112, "seed": SEED + n}
            self._done(
                start_sampling(
                    project, self.owner, policies=[starter], sampling=sampling, kinds=[kind]
                )
            )

    def _judge(self, project: Project) -> None:
        sampled = Generation.objects.filter(completion__prompt__project=project)
        worth = [_worth(g) for g in sampled.select_related("completion__prompt")]
        taste = Taste(utility, threshold=statistics.median(worth))
        people = simulated_annotators(project, PEOPLE)
        judge_all(people, taste.judge(self.rng))
        for kind in ("pairwise", "thumbs"):
            judged = Judgment.objects.filter(item__project=project, kind=kind)
            self.report.labels[kind] = judged.count()

    def _judge_shuffled(self, project: Project, control: Project) -> None:
        """The same pairs, and the same answers given to the wrong pairs."""
        judgments = Judgment.objects.filter(item__project=project, kind="pairwise")
        answers = [{"pairwise": answer} for answer in judgments.values_list("answer", flat=True)]
        add_items(control, [_copy(judgment.item) for judgment in judgments.select_related("item")])
        judge_all(simulated_annotators(control, PEOPLE), shuffled(answers, self.rng))

    def _freeze(self, project: Project) -> Snapshot:
        job = self._done(start_snapshot(project, self.owner, {"held_out": 0.2}))
        return Snapshot.objects.get(pk=job.result["snapshot"])

    def _train(self, name: str, recipe: str, snapshot: Snapshot, base: Policy) -> Checkpoint:
        def train() -> Checkpoint:
            job = start_training(self.owner, snapshot, recipe=recipe, base=base, config={})
            return Checkpoint.objects.get(pk=self._done(job).result["checkpoint"])

        checkpoint = self._step(name, train)
        if checkpoint.produces == "reward_model":
            self.report.accuracy[name] = checkpoint.evaluation["accuracy"]
        return checkpoint

    def _compare(self, test: Project, starter: Policy, trained: Mapping[str, Checkpoint]) -> None:
        """True utility on prompts that no label was about, each policy against its parent."""
        policies = {"starter": starter} | {
            name: checkpoint.policy for name, checkpoint in trained.items() if checkpoint.policy
        }
        worth: dict[str, dict[int, float]] = {}
        for name, policy in policies.items():
            worth[name] = self._step(f"sampling {name}", partial(self._utilities, test, policy))
        parent = worth.pop("starter")
        self.report.before = _mean(list(parent.values()))
        for name, values in worth.items():
            self.report.after[name] = _mean(list(values.values()))
            self.report.gain[name] = _mean([values[k] - parent[k] for k in values if k in parent])

    def _utilities(self, test: Project, policy: Policy) -> dict[int, float]:
        """Mean true utility of the policy's samples, by prompt."""
        sampling = {"n": TEST_SAMPLES, "max_new_tokens": 112, "seed": SEED}
        self._done(start_sampling(test, self.owner, policies=[policy], sampling=sampling))
        by_prompt: dict[int, list[float]] = defaultdict(list)
        taken = Generation.objects.filter(policy=policy, completion__prompt__project=test)
        for generation in taken.select_related("completion__prompt"):
            by_prompt[generation.completion.prompt_id].append(_worth(generation))
        return {prompt: statistics.fmean(values) for prompt, values in by_prompt.items()}

    def _done(self, job: Job) -> Job:
        if run_here(job).state != JobState.DONE:
            raise TouchstoneError(
                f"{job.title}: {job.error.get('message', job.state)}",
                code=job.error.get("code", "job_not_done"),
                hint=job.error.get("hint", ""),
            )
        return job


def _worth(generation: Generation) -> float:
    completion = generation.completion
    return utility(completion.prompt.question, completion.text)


def _mean(values: Sequence[float]) -> Estimate:
    """One value a prompt, so that the interval is over prompts."""
    estimate = mean(values, list(range(len(values))))
    assert estimate is not None  # noqa: S101 there are always samples
    return estimate


def _copy(item: Item) -> NewItem:
    texts: list[Any] = [slot.completion.text for slot in item.slots.select_related("completion")]
    return NewItem(
        messages=item.prompt.messages,
        completions=[NewCompletion(text) for text in texts],
        kinds=["pairwise"],
    )
