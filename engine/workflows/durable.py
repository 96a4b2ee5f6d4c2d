"""What an update brought is in the run's history before anything follows from it."""

import asyncio

from temporalio import workflow

PATCH = "updates-kept-first"
"""Marks runs that wait; before, what an update led to was begun at once."""

A_MOMENT_S = 0.001


async def update_kept() -> None:
    """Wait until the update that was just taken stands in the history.

    The server stores an update with the workflow task that accepts it, which ends only when the local
    activities that it begins have ended. What these did in the world and in the database would outlive a
    crash, and the decision that led to it would not: the run would wait for it for ever. A timer ends the
    task before that.
    """
    if workflow.patched(PATCH):
        await asyncio.sleep(A_MOMENT_S)
