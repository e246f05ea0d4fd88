"""What the commands that verify have in common: they say what they do, and clean up if ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from pinfix.network import Network
from pinfix.verify.verification import Means, verify

if TYPE_CHECKING:
    from pinfix.inputs import Sources
    from pinfix.network import Access
    from pinfix.planning.plan import Plan
    from pinfix.planning.verified import Verification

_ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def verify_plans(
    plans: Sequence[tuple[Plan, Sources]], access: Access, *, quiet: bool
) -> list[Verification]:
    """Each plan on each of its targets. Raises as ``verify`` does."""
    with ended_cleanly(), _telling(quiet=quiet) as tell, Network(access) as network:
        means = means_of(access, tell)
        return [
            verify(plan, target, sources, network.open_index(sources), means)
            for plan, sources in plans
            for target in plan.targets
        ]


def means_of(access: Access, tell: Callable[[str], object]) -> Means:
    """What there is to verify with."""
    return Means(
        environ=dict(os.environ),
        config=access.config,
        cache=access.cache,
        offline=access.offline,
        refresh=access.refresh,
        tell=tell,
    )


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """Lets whoever ends the process do it by way of every ``finally``, once."""
    numbers = [getattr(signal, name) for name in _ENDINGS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    # What is ignored, as below nohup, stays so; and only the main thread may set handlers at all.
    heard = [number for number in numbers if before[number] not in (None, signal.SIG_IGN)]
    if threading.current_thread() is not threading.main_thread():
        heard = []

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        for one in heard:
            signal.signal(one, signal.SIG_IGN)  # to clean up takes a moment, and once is enough
        sys.exit(128 + number)

    for number in heard:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


@contextmanager
def _telling(*, quiet: bool) -> Iterator[Callable[[str], object]]:
    """A line on a terminal that says what is being done; nothing where stderr is piped."""
    if quiet or not sys.stderr.isatty():
        yield str
        return
    from rich.console import Console

    with Console(stderr=True).status("Verifying…") as status:
        yield status.update
