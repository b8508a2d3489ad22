"""Willingness to pay over REST: made, answered, refused, read back and exported; and an item asked once more."""

from __future__ import annotations

import json

from django.urls import reverse

from feedback.models import Item, Project, User
from tests.cast import ApiOf

WTP = "willingness_to_pay"
SETTINGS = {"mechanism": "bdm", "currency": "EUR", "endowment": "4.00", "paid": True, "gate": False}


def test_a_round_trip(project: Project, owner: User, annotator: User, api_of: ApiOf) -> None:
    manager, judge = api_of(owner), api_of(annotator)
    made = manager.post(
        reverse("api-items", args=[project.slug]),
        {
            "messages": [{"role": "user", "content": "Two and two?"}],
            "completions": [{"text": "Four."}, {"text": "Five."}],
            "kinds": [{"kind": WTP, "settings": SETTINGS}],
        },
        format="json",
    ).json()
    lease = judge.get(reverse("api-next", args=[project.slug])).json()["assignment"]
    url = reverse("api-item-judgments", args=[made["id"]])
    body = {"assignment": lease["id"], "key": "one", "answers": {WTP: answer("4.10")}}
    refused = judge.post(url, body, format="json")
    assert refused.status_code == 400
    assert "4.10 EUR is above the endowment of 4.00 EUR." in refused.content.decode()
    stored = judge.post(url, body | {"answers": {WTP: answer("4.00")}}, format="json")
    assert stored.status_code == 201
    (read,) = manager.get(reverse("api-judgments", args=[project.slug])).json()["results"]
    assert read["answer"] == {"preferred": "first", "amount": "4.00", "choices": [], "reason": ""}
    assert (read["outcome"]["at_cap"], read["outcome"]["hypothetical"]) == (True, False)
    assert read["outcome"]["draw"]["buys"] is True  # at the highest amount, whatever was drawn
    assert "secret" not in json.dumps(read)
    exported = manager.get(reverse("api-project-export", args=[project.slug]), {"format": "native"})
    (line,) = b"".join(exported).decode().splitlines()
    score = json.loads(line)
    assert (score["record"], score["unit"], score["value"]) == ("score", "EUR", 4.0)
    assert (score["low"], score["high"]) == (4.0, None)


def test_an_item_is_asked_once_more(project: Project, owner: User, api_of: ApiOf) -> None:
    manager = api_of(owner)
    made = manager.post(
        reverse("api-items", args=[project.slug]),
        {
            "messages": [{"role": "user", "content": "Two and two?"}],
            "completions": [{"text": "Four."}, {"text": "Five."}],
        },
        format="json",
    ).json()
    again = manager.post(reverse("api-item-repeat", args=[made["id"]]))
    assert again.status_code == 201
    assert Item.objects.get(pk=again.json()["id"]).repeats_id == made["id"]


def answer(amount: str) -> dict[str, str]:
    return {"preferred": "first", "amount": amount}
