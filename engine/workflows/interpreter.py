"""Drives a run from its request to its end.

A run that fails is a result, not an error: the workflow completes with a RunRecord of status `failed`.
Only a cancelled run ends as a cancelled workflow. Anything unforeseen in the interpreter fails the run
with what went wrong, so that no run hangs on a task that fails for ever.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow

from engine import expressions
from engine.contracts import (
    NodeRecord,
    OutputStep,
    Resume,
    RunRecord,
    RunRequest,
    ScopeState,
)
from engine.errors import ExpressionError, Failure
from engine.workflows import calls, children, limits
from engine.workflows.compensation import Deeds
from engine.workflows.flights import fault
from engine.workflows.journal import Journal
from engine.workflows.limits import DeadlineReached, Spending
from engine.workflows.outside import Outside
from engine.workflows.scheduler import Scheduler
from engine.workflows.scopes import Scope

T = TypeVar("T")

BREATH = timedelta(seconds=2)
"""After so long in one workflow task, a run of local activities hands the task back."""

EFFORT = 2_000_000
"""After so many units of evaluation, likewise: a task may take 10 s, and a slow machine is often busy."""


class Interpreter:
    """Drives a run from its request to its end, and keeps the records up to date."""

    def __init__(self, request: RunRequest, outside: Outside) -> None:
        self._request = request
        self._resume = request.resume or _fresh(request)
        self._outside = outside
        outside.waits.carry_on(self._resume.events)
        outside.children.carry_on(self._resume.ended)
        outside.pauses.known = outside.people.known = self._resume.ending is not None
        self._journal = Journal(request.run_id, self._resume.started_at, self._resume.status)
        if request.resume is None:
            for record in request.seed:
                self._journal.note(record)
        self._scheduler: Scheduler | None = None
        self._spending: Spending | None = None
        self._task = (workflow.info().get_current_history_length(), workflow.now())
        self._effort = 0

    async def run(self) -> RunRecord:
        """Drive the run to its end, write that end down, and return it."""
        cancelled = False
        try:
            end = self._resume.ending or await self._end()
        except DeadlineReached as reached:
            end = self._journal.change("cancelled", error=reached.failure)
        except asyncio.CancelledError:
            cancelled = True
            end = self._journal.change("cancelled")
        except Exception as error:
            workflow.logger.exception("The interpreter failed")
            end = self._journal.change("failed", error=fault(error))
        end = await _shielded(self._finish(end))
        if cancelled:
            raise asyncio.CancelledError
        return end

    async def _end(self) -> RunRecord:
        """Come to the run's end; a sub-workflow's run is stored first."""
        parent = self._request.parent
        if parent and self._request.resume is None:
            opened = await calls.open_run(self._request, parent, self._resume.started_at)
            if opened.failure:
                return self._journal.change("failed", error=opened.failure)
            stored = {"inputs": opened.inputs, "deadline": opened.deadline, "budget": opened.budget}
            self._request = self._request.model_copy(update=stored)
        async with limits.until(self._request.deadline):
            return await self._drive()

    def _begin(self) -> tuple[Scope, Deeds]:
        """Return the scope of the run, with what is settled in it, and what was done that can be undone."""
        plan = self._request.plan
        run = {"id": self._request.run_id, "started_at": self._resume.started_at.isoformat()}
        context = {"inputs": self._request.inputs, "run": run}
        root = Scope(plan.steps, plan.outputs, context=context, views={}, carried=self._resume)
        return root, Deeds(plan, root, self._resume.deeds)

    async def _drive(self) -> RunRecord:
        root, deeds = self._begin()
        self._spending = spending = Spending(self._request.budget, self._resume.spent)
        self._scheduler = scheduler = Scheduler(
            self._request, root, deeds, self._journal, spending, self._outside
        )
        while True:
            if given := self._outside.allowance.take():
                self._request = self._request.model_copy(update={"budget": given})
                spending.raise_to(given)
                scheduler.held = None
            scheduler.leaving = self._history_is_full()
            await self._advance(scheduler)
            self._outside.line.closed = scheduler.leaving
            self._outside.pauses.known = self._outside.people.known = True
            if scheduler.failure:
                return self._journal.change("failed", error=scheduler.failure)
            if root.progress.done:
                return await self._succeeded(root)
            if scheduler.may_leave():
                await self._journal.write()
                await self._outside.children.told()
                await self._outside.waits.asked()
                await self._outside.people.asked()
                await self._outside.pauses.followed()
                if not scheduler.flights.some_landed and not self._outside.is_news:  # that goes on first
                    self._continue_as_new(
                        scheduler.state(root),
                        ended=self._outside.children.untaken(),
                        spent=spending.spent,
                        events=self._outside.waits.arrived(),
                        deeds=deeds.state(),
                    )
            if not scheduler.flights and not scheduler.held:
                raise RuntimeError("Nothing is under way, and the run has not come to its end")
            await self._journal.write("running" if scheduler.flights.at_work else "waiting", scheduler.held)
            for result in await scheduler.flights.landing(
                self._outside.allowance.is_given, scheduler.may_leave
            ):
                scheduler.land(result)
            if not scheduler.flights.activities and self._task_age() >= BREATH:
                await self._breathe()

    def _history_is_full(self) -> bool:
        info = workflow.info()
        length = info.get_current_history_length()
        return info.is_continue_as_new_suggested() or length >= self._request.history_limit

    def _task_age(self) -> timedelta:
        """Return how long this workflow task has gone on; each task has a longer history than the last."""
        length = workflow.info().get_current_history_length()
        if length != self._task[0]:
            self._task = (length, workflow.now())
        return workflow.now() - self._task[1]

    async def _breathe(self) -> None:
        """Hand the workflow task back for the length of a round trip: only so is a cancellation noticed."""
        await asyncio.sleep(0.001)
        self._effort = 0

    async def _advance(self, scheduler: Scheduler) -> None:
        """Work off what is ready, with a pause where it is much."""
        while not scheduler.failure:
            before = expressions.spent()
            if not scheduler.advance():
                return
            self._effort += expressions.spent() - before
            if self._journal.full:
                await self._journal.write()
                scheduler.leaving = scheduler.leaving or self._history_is_full()
            if self._effort >= EFFORT:
                await self._breathe()

    async def _succeeded(self, root: Scope) -> RunRecord:
        settled = root.settled
        steps = (step for step in self._request.plan.steps if isinstance(step, OutputStep))
        reached = (step for step in steps if settled[step.id].status == "succeeded")
        outputs = {step.name: settled[step.id].output for step in reached}
        for name, value in self._request.plan.outputs.items():
            before = expressions.spent()
            try:
                outputs[name] = root.render(value)
                expressions.bounded(outputs)
            except ExpressionError as error:
                failure = Failure(kind="expression", message=f"output {name}: {error}")
                return self._journal.change("failed", error=failure)
            self._effort += expressions.spent() - before
            if self._effort >= EFFORT:
                await self._breathe()
        schema = self._request.plan.output_schema
        unfit = await calls.check_outputs(self._request.run_id, outputs, schema) if schema else None
        if unfit:
            return self._journal.change("failed", error=unfit)
        return self._journal.change("succeeded", outputs=outputs)

    async def _finish(self, end: RunRecord) -> RunRecord:
        """Stop what is under way, write the end of the run, let those know who must, and return it."""
        scheduler = self._scheduler
        if self._spending:
            end = end.model_copy(update={"spent": self._spending.spent})
        carried = scheduler.flights.carried() if scheduler else []
        last = scheduler.stop(end.at) if scheduler else []
        if scheduler and end.status != "succeeded":
            last += await self._undo(end, scheduler.root, scheduler.deeds, (carried, last))
            end = end.model_copy(update={"at": workflow.now()})
        elif self._resume.ending:
            last += await self._undo(end, *self._begin(), ([], []))
            end = end.model_copy(update={"at": workflow.now()})
        written = await self._journal.close(end, carried, last)
        await self._outside.children.told()
        if self._request.parent:
            await children.report(self._request.parent, self._request.run_id, written)
        return written

    async def _undo(
        self, end: RunRecord, root: Scope, deeds: Deeds, unwritten: tuple[list[NodeRecord], list[NodeRecord]]
    ) -> list[NodeRecord]:
        """Undo what succeeded, what had just landed too; return the records of that which are not written.

        They have a journal of their own: what the run itself has not written yet is for its end. Where there
        is too much to undo for one history, the run continues as new with the rest, and all is `unwritten`.
        """
        journal = Journal(self._request.run_id, self._resume.started_at, self._journal.status)
        self._outside.line.closed = False
        done = await deeds.undo(journal, self._outside.line, self._history_is_full)
        undone = list(journal.hand_over()[0])
        if not done:
            carried, last = unwritten
            await self._journal.leave(carried, [*last, *undone])
            await self._outside.children.told()
            settled = ScopeState(settled=tuple(root.settled.values()))
            self._continue_as_new(settled, deeds=deeds.state(), ending=end)
        return undone

    def _continue_as_new(self, state: ScopeState, **more: Any) -> NoReturn:
        resume = Resume(
            **dict(state), started_at=self._resume.started_at, status=self._journal.status, **more
        )
        request = self._request.model_copy(update={"resume": resume, "seed": (), "containers": {}})
        workflow.continue_as_new(request)


def _fresh(request: RunRequest) -> Resume:
    """Return what a run begins with: nothing, but for what it was given of an older one."""
    return Resume(
        started_at=workflow.now(),
        status="running" if request.parent else "queued",
        settled=request.seed,
        containers=request.containers,
    )


async def _shielded(work: Coroutine[Any, Any, T]) -> T:
    """Finish `work` whatever is cancelled meanwhile: the end of a run is decided once."""
    task = asyncio.create_task(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
    return task.result()
