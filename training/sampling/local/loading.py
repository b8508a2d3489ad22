"""Finding and loading models to sample or to train, with errors that say what is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from feedback.errors import InvalidInput, Unavailable

ADAPTER = "adapter_config.json"
CONFIG = "config.json"
HUB_SECONDS = 5

# How an encoder reads a conversation: `user: ...`, `assistant: ...`, a line each, between its own marks.
PLAIN = (
    "{{ cls_token }}{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% else %}{{ sep_token or eos_token }}{% endif %}"
)


def check_base_model(name: str) -> None:
    """Refuse, without loading it, a directory or Hub id that cannot be a base model.

    Raises InvalidInput `base_model_not_found`, or Unavailable `hub_unreachable` for a Hub id that
    is not cached when the Hub does not answer.
    """
    if Path(name).is_dir():
        problem = _directory_problem(Path(name))
        if problem:
            raise _not_found(name, problem)
    elif Path(name).is_absolute() or name.count("/") > 1 or not name.strip():
        raise _not_found(name, "there is no such directory")
    else:
        _check_hub(name)


def check_policy_model(name: str) -> None:
    """As `check_base_model`, and refuse a reward model, which cannot be sampled: raises InvalidInput
    `wrong_model`.
    """
    check_base_model(name)
    refuse_reward_model(name)


def refuse_reward_model(name: str) -> None:
    """Raises InvalidInput `wrong_model` for the directory of a model that classifies."""
    if is_reward_model(Path(name)):
        raise InvalidInput(
            f"'{name}' is a reward model, which ranks answers and cannot write any.",
            code="wrong_model",
            hint="Choose a policy, such as the model that the reward model was trained from.",
        )


def is_reward_model(path: Path) -> bool:
    """Whether a local directory's model classifies; what lies on the Hub is not looked at."""
    if (path / ADAPTER).is_file():
        return _object(path / ADAPTER).get("task_type") == "SEQ_CLS"
    kinds = _object(path / CONFIG).get("architectures")
    named = kinds if isinstance(kinds, list) else []
    return any(str(kind).endswith("ForSequenceClassification") for kind in named)


def is_local(name: str) -> bool:
    """Whether the model, and the base of an adapter, lie on this machine's disk."""
    adapter = Path(name) / ADAPTER
    if adapter.is_file():
        return is_local(json.loads(adapter.read_text())["base_model_name_or_path"])
    return Path(name).is_dir()


def prepare_environment(model: str) -> None:
    """Set what the model libraries read on import: quiet, no telemetry, and no Hub for a local
    model.

    What the caller's environment says wins.
    """
    quiet = {
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while waiting starve their neighbours
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRL_EXPERIMENTAL_SILENCE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    if is_local(model):
        quiet |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    for name, value in quiet.items():
        os.environ.setdefault(name, value)


def load_policy(path: str, device: str = "auto") -> tuple[Any, Any, str]:
    """(model, tokenizer, device) ready to sample; a LoRA directory is merged into its base.

    Float32 on a CPU, the stored precision on a GPU. Raises what `check_policy_model` raises.
    """
    check_policy_model(path)
    prepare_environment(path)
    import torch
    from transformers import AutoModelForCausalLM

    place = place_of(device)
    dtype = torch.float32 if place == "cpu" else "auto"
    base, adapter = adapter_base(path)
    try:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
        tokenizer = load_tokenizer(path)
    except (OSError, ValueError) as error:
        raise _not_found(path, str(error).splitlines()[0]) from error
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    return model.to(place).eval(), tokenizer, place


def place_of(device: str) -> str:
    """The device meant: `auto` is the first GPU, or the CPU."""
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


def adapter_base(path: str) -> tuple[str, str | None]:
    """(base, adapter) for a LoRA directory; (path, None) for whole weights."""
    config = Path(path) / ADAPTER
    if not config.is_file():
        return path, None
    return json.loads(config.read_text())["base_model_name_or_path"], path


def load_tokenizer(path: str, *, plain: bool = False) -> Any:
    """The tokenizer, with a pad token that is not the end token where the vocabulary has one.

    With `plain`, one without a chat template gets PLAIN: enough to read conversations, not to hold one.
    Raises InvalidInput `base_model_without_chat_template`.
    """
    from transformers import AutoTokenizer

    base, adapter = adapter_base(path)
    own = adapter is not None and (Path(path) / "tokenizer_config.json").is_file()
    tokenizer = AutoTokenizer.from_pretrained(path if own else base)
    if plain and not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN
    if not tokenizer.chat_template:
        raise InvalidInput(
            f"The tokenizer of '{path}' has no chat template.",
            code="base_model_without_chat_template",
            hint="Choose an instruction-tuned model, or add a chat_template.jinja.",
        )
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        tokenizer.pad_token = _pad_token(tokenizer)
    return tokenizer


def _pad_token(tokenizer: Any) -> str:
    """Not the end token where it can be helped: reward models read the last token that is not
    padding.
    """
    others = [t for t in tokenizer.all_special_tokens if t != tokenizer.eos_token]
    token: str = others[0] if others else tokenizer.eos_token
    return token


def _directory_problem(path: Path) -> str:
    if (path / ADAPTER).is_file():
        return _adapter_problem(path)
    if not path.is_dir():
        return f"the directory {path} does not exist"
    if not (path / CONFIG).is_file():
        return "the directory has no config.json"
    config = _object(path / CONFIG)
    if not isinstance(config.get("model_type"), str):
        return "its config.json is not that of a model: a JSON object with model_type"
    kinds = config.get("architectures") or []
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        return "architectures in its config.json is not a list of names"
    if not any(path.glob("*.safetensors")):
        return "the directory has no weights in safetensors"
    if not (path / "tokenizer.json").is_file() and not (path / "tokenizer_config.json").is_file():
        return "the directory has no tokenizer"
    return _weights_problem(path)


def _adapter_problem(path: Path) -> str:
    base = _object(path / ADAPTER).get("base_model_name_or_path")
    if not isinstance(base, str) or not base or Path(base) == path:
        return "its adapter_config.json names no base model"
    problem = _directory_problem(Path(base)) if Path(base).is_absolute() else ""
    return problem or _weights_problem(path)


def _weights_problem(path: Path) -> str:
    """Of files cut short, or that are something else; only their headers are read."""
    from safetensors import SafetensorError, safe_open

    for file in sorted(path.glob("*.safetensors")):
        try:
            with safe_open(file, framework="numpy"):
                pass
        except (OSError, SafetensorError) as error:
            return f"{file.name} is damaged or incomplete ({error})"
    return ""


def _object(file: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one where there is none, or something else."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _check_hub(name: str) -> None:
    import httpx2  # what huggingface_hub speaks through
    from huggingface_hub import HfApi, constants, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return
        if constants.HF_HUB_OFFLINE:
            raise OfflineModeIsEnabled
        HfApi().model_info(name, timeout=HUB_SECONDS)
    except (HfHubHTTPError, HFValidationError) as error:
        raise _not_found(name, "the Hugging Face Hub has no such model") from error
    except (httpx2.HTTPError, OSError) as error:
        raise Unavailable(
            f"The model '{name}' is not on this machine, and the Hugging Face Hub did not answer.",
            code="hub_unreachable",
            hint="Check the connection and HF_HUB_OFFLINE, or give a local directory.",
        ) from error


def _not_found(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"The base model '{name}' was not found: {why}.",
        code="base_model_not_found",
        hint="Give a Hub id or a directory with config.json, *.safetensors and a tokenizer.",
    )
