"""Sixteen clients over real HTTP: skips, lapsed leases and clients that die; nothing over-judged, nothing lost."""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from urllib.parse import urlsplit

import httpx
import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from feedback import services
from feedback.assignment import broken_items
from feedback.models import Assignment, AssignmentState, Item, Judgment, Project, Role, User
from tests.cast import new_item
from tests.threads import THREADS, at_once

ITEMS = 24
DEAD = 4  # of the clients, in the middle of their work
ENDS = ("all_judged", "all_yours_done")


class Client:
    """One annotator's program, which gives up where others hold the rest. `left`: leases that it let lie."""

    def __init__(self, server: LiveServer, project: Project, number: int) -> None:
        user = User.objects.create_user(f"client-{number}")
        services.add_member(project, user, Role.ANNOTATOR)
        self.token = services.create_token(user)
        self.server, self.slug, self.number = server.url, project.slug, number
        self.chance = random.Random(number)
        self.left: list[dict[str, int]] = []

    def work(self, *, dies: bool = False) -> None:
        """Until nothing is left; some items are skipped, some let lie, some answered twice over."""
        headers = {"Authorization": f"Bearer {self.token}"}
        base = f"{self.server}/api/v1/"
        with httpx.Client(base_url=base, headers=headers, timeout=60) as http:
            waited = 0
            for n in range(400):
                if self.chance.random() < 0.1:
                    self._vanish()
                found = http.post(f"projects/{self.slug}/next/").raise_for_status().json()
                if found["item"] is None:
                    waited += 1
                    if found["reason"]["code"] in ENDS or waited > 3:
                        return
                    time.sleep(0.05)
                    self.lapse()
                    continue
                lease = {"id": found["assignment"]["id"], "item": found["item"]["id"]}
                if dies and n == 3:
                    self.left.append(lease)
                    return
                self._act(http, lease)
        raise AssertionError(f"client {self.number} came to no end")

    def _act(self, http: httpx.Client, lease: dict[str, int]) -> None:
        drawn = self.chance.random()
        if drawn < 0.04:
            http.post(f"assignments/{lease['id']}/skip/", json={}).raise_for_status()
        elif drawn < 0.14:
            self.left.append(lease)
            self.lapse()
        elif drawn < 0.2:
            http.post(f"assignments/{lease['id']}/release/").raise_for_status()
        else:
            self.submit(http, lease).raise_for_status()
            if drawn < 0.3:  # the answer got lost on the way back: the same once more
                assert self.submit(http, lease).status_code == 200

    def submit(self, http: httpx.Client, lease: dict[str, int]) -> httpx.Response:
        """The answer to the item under the lease; a repeat has the same key."""
        body = {
            "assignment": lease["id"],
            "key": f"lease-{lease['id']}",
            "answers": {"pairwise": {"choice": "first"}},
        }
        return http.post(f"items/{lease['item']}/judgments/", json=body)

    def lapse(self) -> None:
        """What this client let lie lapses, as its time passes."""
        mine = [lease["id"] for lease in self.left]
        open_leases = Assignment.objects.filter(pk__in=mine, state=AssignmentState.OPEN)
        open_leases.update(expires_at=timezone.now())

    def _vanish(self) -> None:
        """Ask for an item and hang up without reading the answer."""
        address = urlsplit(self.server)
        with socket.create_connection((str(address.hostname), address.port or 80)) as wire:
            wire.sendall(
                f"POST /api/v1/projects/{self.slug}/next/ HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"Authorization: Bearer {self.token}\r\nContent-Length: 0\r\n\r\n".encode()
            )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("overlap", [1, 3])
def test_sixteen_clients(live_server: LiveServer, project: Project, overlap: int) -> None:
    for n in range(ITEMS):
        new_item(project, f"{n}?", overlap=overlap)
    clients = [Client(live_server, project, n) for n in range(THREADS)]
    at_once(lambda number: clients[number].work(dies=True), DEAD)
    for client in clients[:DEAD]:
        client.lapse()
    at_once(lambda number: clients[number].work())
    # Whoever hung up holds what nobody knows of: it lapses, and those who are left judge it.
    time.sleep(0.5)
    for number in range(THREADS):
        Assignment.objects.filter(state=AssignmentState.OPEN).update(expires_at=timezone.now())
        clients[number].work()
    _late(clients)
    _nothing_is_wrong(project, overlap)


def _late(clients: list[Client]) -> None:
    """An answer under a lease that lapsed is refused: somebody else has the item by now."""
    for client in clients[:DEAD]:
        headers = {"Authorization": f"Bearer {client.token}"}
        with httpx.Client(base_url=f"{client.server}/api/v1/", headers=headers) as http:
            for lease in client.left:
                state = Assignment.objects.get(pk=lease["id"]).state
                refused = client.submit(http, lease).status_code
                assert refused == 409, (state, refused)


def _nothing_is_wrong(project: Project, overlap: int) -> None:
    time.sleep(0.3)  # a request whose client hung up may still be at work
    judged = Counter(Judgment.objects.filter(withdrawn_at=None).values_list("item_id", flat=True))
    assert not broken_items(project.pk).exists()
    assert set(judged.values()) == {overlap}, judged
    assert len(judged) == ITEMS, "an item was lost"
    each = Counter(Judgment.objects.values_list("item_id", "annotator_id"))
    assert set(each.values()) == {1}
    assert set(Item.objects.values_list("places", flat=True)) == {0}
