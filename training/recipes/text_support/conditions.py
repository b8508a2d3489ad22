"""Feedback put before a prompt: by hand in training rows, by the chat template in the finished policy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

GOOD = "This is a very good answer."
MIXED = "This answer is partly good."
BAD = "This is a bad answer."

LABEL = "Feedback: "
BREAK = "\n\n"

_BEGIN, _END = (
    "{#- feedback before the prompt: begin -#}",
    "{#- feedback before the prompt: end -#}",
)

# The last message of the user gets the feedback; `feedback` in the template's arguments overrides it,
# and an empty one leaves the prompt as it is.
_HEAD = (
    "{%%- if feedback is not defined -%%}{%%- set feedback = %s -%%}{%%- endif -%%}"
    "{%%- set asked = namespace(last=-1, messages=[]) -%%}"
    "{%%- for message in messages -%%}{%%- if message['role'] == 'user' -%%}"
    "{%%- set asked.last = loop.index0 -%%}{%%- endif -%%}{%%- endfor -%%}"
    "{%%- for message in messages -%%}{%%- if feedback and loop.index0 == asked.last -%%}"
    "{%%- set asked.messages = asked.messages + [{'role': 'user', "
    "'content': %s + feedback + %s + message['content']}] -%%}"
    "{%%- else -%%}{%%- set asked.messages = asked.messages + [message] -%%}{%%- endif -%%}"
    "{%%- endfor -%%}"
    "{%%- set messages = asked.messages -%%}"
)


def with_feedback(messages: Sequence[Mapping[str, str]], feedback: str) -> list[dict[str, str]]:
    """The messages with the feedback before the user's last one; as they are where there is none."""
    found = [dict(message) for message in messages]
    for message in reversed(found):
        if message["role"] == "user":
            message["content"] = f"{LABEL}{feedback}{BREAK}{message['content']}"
            break
    return found


def conditioned_template(template: str, feedback: str) -> str:
    """The chat template that puts `feedback` before the prompt as `with_feedback` does.

    A policy saved with it asks for that feedback wherever it is sampled; `feedback` among the
    template's arguments asks for another.
    """
    head = _HEAD % tuple(_literal(text) for text in (feedback, LABEL, BREAK))
    return f"{_BEGIN}{head}{_END}{plain_template(template)}"


def plain_template(template: str) -> str:
    """The chat template without what `conditioned_template` added."""
    return template.split(_END, 1)[1] if template.startswith(_BEGIN) else template


def _literal(text: str) -> str:
    """The text as a string of Jinja's."""
    return json.dumps(text, ensure_ascii=False)
