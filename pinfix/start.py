"""Where the command line starts: what the run before said, if it still holds, else a run.

All that is slow to import waits until it is known to be needed.
"""

from __future__ import annotations

import gc
import os
import sys

from pinfix import replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A shell that sets it asks what a word may be completed to.
COMPLETION = "_PINFIX_COMPLETE"
# Objects made and not yet freed before Python looks for cycles among them.
COLLECT_AFTER = 1_000_000


def main() -> None:
    """Run the command line and end the process: what a console script calls, and no program."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, or a program without a console
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for as long as there is a process
    try:
        _run()
    except SystemExit as done:
        _end(done.code)
        raise


def _end(code: object) -> None:
    """End the process at once, if nothing is left to do but to take it apart.

    Python frees all that there is one by one: 40 ms after a run of 200. Not where a thread is at
    work, something is to be printed still, or a debugger or profiler looks on.
    """
    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    if not alone or not isinstance(code, int | None) or _is_watched():
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code or 0)


def _is_watched() -> bool:
    """Whether a debugger, profiler or coverage tool has something to say at the end."""
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12; it knows tools by six numbers
    tools = map(monitoring.get_tool, range(6)) if monitoring is not None else ()
    return bool(sys.gettrace() or sys.getprofile() or any(tools))


def _run() -> None:
    argv = sys.argv[1:]
    known = None
    if COMPLETION not in os.environ:
        known = replay.find(runs_folder(argv, os.environ), argv, os.environ)
    if known is None:
        # A run makes much that stays, and hardly a cycle: to look for them as often as Python does
        # took a twelfth of its time, and a quarter where there are many files.
        gc.set_threshold(COLLECT_AFTER, 20, 50)
        from pinfix.cli import main as run

        run(argv)
        return
    for stream, text in ((sys.stdout, known.stdout), (sys.stderr, known.stderr)):
        stream.buffer.write(text.encode(stream.encoding or "utf-8", "backslashreplace"))
    sys.exit(known.code)


def runs_folder(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Where runs are kept. No file has a say: this must be known before any is read."""
    given = _given(argv, "--cache-dir")
    return cache_folder(given or environ.get("PINFIX_CACHE_DIR", "").strip() or None)


def cache_folder(given: str | None) -> str:
    """Where pinfix keeps what indexes said, and its runs; the user's cache folder by default."""
    if given is not None:
        return given
    if str(sys.platform) == "linux":  # platformdirs says the same, and takes a while to import
        home = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        return os.path.join(home, "pinfix")
    import platformdirs

    return platformdirs.user_cache_dir("pinfix", appauthor=False)


def _given(argv: Sequence[str], option: str) -> str | None:
    """An option's value as click will read it: the last one counts."""
    found = None
    for word, following in zip(argv, [*argv[1:], None], strict=False):
        if word == "--":
            break
        if word == option:
            found = following
        elif word.startswith(f"{option}="):
            found = word.partition("=")[2]
    return found
