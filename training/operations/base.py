"""What an operation declares: its parameters, its queue, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback.complaints import field_errors
from feedback.errors import InvalidInput
from training.jobs.context import JobContext


class Params(BaseModel):
    """Base of an operation's parameters, as stored on its job."""

    model_config = ConfigDict(extra="forbid", frozen=True)


ParamsT = TypeVar("ParamsT", bound=Params)


@dataclass(frozen=True, slots=True)
class NextJob:
    """A job that should follow; services stores and queues it, an operation never does."""

    operation: str
    params: Mapping[str, Any]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation made, and the jobs that should follow."""

    result: Mapping[str, Any]
    follow: tuple[NextJob, ...] = field(default=())


class Operation(Generic[ParamsT]):
    """One thing that a job can do."""

    name: ClassVar[str]
    label: ClassVar[str]
    queue: ClassVar[str] = "default"
    once: ClassVar[bool] = (
        False  # whether one that waits for a project does for all that ask for it
    )
    params_model: type[ParamsT]

    def parse(self, params: Mapping[str, Any]) -> ParamsT:
        """Validated parameters; raises InvalidInput `invalid_params`."""
        try:
            return self.params_model.model_validate(params)
        except ValidationError as error:
            raise InvalidInput(
                f"The parameters of '{self.name}' do not fit.",
                code="invalid_params",
                details=field_errors(error),
            ) from error

    def run(self, context: JobContext, params: ParamsT) -> Outcome:
        """Do the work. Raises TouchstoneError for what the owner can mend, Stopped when asked to stop."""
        raise NotImplementedError
