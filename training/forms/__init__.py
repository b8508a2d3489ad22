"""Forms: freezing, training, policies and sampling; a recipe's form is built from its config."""

from __future__ import annotations

from training.forms.companions import CompanionsForm
from training.forms.policies import PolicyForm
from training.forms.sampling import SamplingForm
from training.forms.snapshots import FreezeForm
from training.forms.trainings import BaseModelForm, config_form

__all__ = [
    "BaseModelForm",
    "CompanionsForm",
    "FreezeForm",
    "PolicyForm",
    "SamplingForm",
    "config_form",
]
