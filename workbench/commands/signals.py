"""Ctrl-C and SIGTERM: the first asks for an orderly end, a second one ends everything at once."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

_ECHO_S = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_until_told(main: Coroutine[Any, Any, int], *, hurry: Callable[[], None], told: int) -> int:
    """Return `main`'s result, or `told` when a signal ended it; `hurry` is called at a second signal."""
    return asyncio.run(_run(main, hurry, told))


async def _run(main: Coroutine[Any, Any, int], hurry: Callable[[], None], told: int) -> int:
    task = asyncio.create_task(main)
    with _on_signals(task.cancel, hurry) as came:
        try:
            return await task
        except asyncio.CancelledError:
            if not came:
                raise
            return told


@contextlib.contextmanager
def _on_signals(first: Callable[[], object], later: Callable[[], object]) -> Iterator[list[float]]:
    """Call `first` at the first signal that asks us to end, `later` at the others; yields when they came.

    A terminal and a wrapper such as `uv run` may both send the same Ctrl-C, so an echo does not count.
    """
    loop = asyncio.get_running_loop()
    came: list[float] = []

    def receive() -> None:
        came.append(loop.time())
        if len(came) == 1:
            first()
        elif loop.time() - came[0] > _ECHO_S:
            later()

    for number in _SIGNALS:
        loop.add_signal_handler(number, receive)
    try:
        yield came
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
