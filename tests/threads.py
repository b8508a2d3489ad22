"""Work that is done at once by threads, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

THREADS = 16


def at_once(work: Callable[[int], object], n: int = THREADS) -> None:
    """Run in threads that all begin together."""
    barrier = threading.Barrier(n)

    def begin(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as pool:
        for done in [pool.submit(begin, number) for number in range(n)]:
            done.result(timeout=120)
