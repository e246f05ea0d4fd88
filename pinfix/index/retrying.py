"""Attempts with back-off: what may pass is tried again, each time after a longer wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pinfix.records import record

# Overload, and what proxies answer for a server that is restarting.
PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 30.0

_Answer = TypeVar("_Answer")


@record
class PassingFailure:
    """What another attempt may not meet; ``wait`` are the seconds that the server asks for."""

    reason: str
    wait: float = 0.0


def with_retries(
    attempt: Callable[[], _Answer | PassingFailure],
    retries: int,
    sleep: Callable[[float], object],
) -> _Answer | PassingFailure:
    """The first answer that is none of passing failures, else the last of these.

    ``sleep`` waits that many seconds; a true result of it means to give up.
    """
    answer = attempt()
    for number in range(retries):
        if not isinstance(answer, PassingFailure):
            break
        import random  # with hashlib behind it, and seldom needed

        # Scattered, so that the workers do not come back all at once.
        back_off = _FIRST_WAIT * 2**number * random.uniform(0.75, 1.25)
        if sleep(min(max(back_off, answer.wait), _LONGEST_WAIT)):
            break
        answer = attempt()
    return answer
