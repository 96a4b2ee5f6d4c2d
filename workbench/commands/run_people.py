"""What a run waits for people about: told once, with where to decide it; decided where that was asked for.

`--decide` has the form `[STEP=]DECISION[:VALUE]`, such as `approve`, `ask=reject`, `intake=submit:{"n": 3}`
or `fetch=output:@answer.json`; the value is JSON.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from engine.contracts import Choice, PauseChoice
from engine.errors import Problem
from engine.graph import Document
from workbench import routes
from workbench.commands.api import Api, Refused
from workbench.commands.terminal import fail, say

ASKING = frozenset({"approval", "review", "form", "subworkflow"})
"""Types of nodes that wait for people, or run a workflow that may."""

DECISIONS = (*get_args(Choice), *get_args(PauseChoice))
_EVERY_S = 0.5


@dataclass(frozen=True)
class Wish:
    """A decision that is to be made about the tasks of a step, or (`""`) of any."""

    step: str
    action: str
    value: Any = None
    has_value: bool = False


def wishes(given: Sequence[str]) -> tuple[tuple[Wish, ...], tuple[Problem, ...]]:
    """Return the wishes of the command line's `--decide`, and what cannot be read."""
    found, problems = list[Wish](), list[Problem]()
    for text in given:
        try:
            found.append(_wish(text))
        except (ValueError, OSError) as error:
            hint = f"Write [STEP=]DECISION[:VALUE]; a decision is one of {', '.join(DECISIONS)}."
            message = f"“{text[:80]}” is no decision: {error}."
            problems.append(Problem(code="run-option", field="--decide", message=message, hint=hint))
    return tuple(found), tuple(problems)


def _wish(text: str) -> Wish:
    head, colon, rest = text.partition(":")
    step, _, action = head.rpartition("=")
    if action not in DECISIONS:
        raise ValueError(f"there is no {action[:40]!r}")
    value = json.loads(Path(rest[1:]).read_text() if rest.startswith("@") else rest) if colon else None
    return Wish(step, action, value, bool(colon))


def may_wait(document: Document) -> bool:
    """Return whether a run of the document may come to wait for people: then there is a page to decide on."""
    if document.limits.on_reached == "pause":
        return True
    return any(node.type in ASKING or node.policy.on_error == "pause" for node in document.nodes)


class RunPeople:
    """Looks at the tasks of one run, and of the runs that it called, while it goes on."""

    def __init__(self, api: Api, run_id: str, wishes: Sequence[Wish]) -> None:
        self._api = api
        self._run_id = run_id
        self._wishes = wishes
        self._told: set[str] = set()
        self._refused: set[str] = set()
        self._next = 0.0

    async def look(self, run: dict[str, Any]) -> None:
        """Tell of tasks that are new, and decide those about which there is a wish."""
        waits = any(node["status"] == "waiting" for node in run["nodes"]) or run["status"] == "waiting"
        calls = run.get("calls") and run["status"] == "running"
        if not (waits or calls) or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY_S
        page = await self._api.get(f"/hitl/tasks?queue=open&limit=100&run_id={self._run_id}")
        for task in page["items"]:
            await self._take(task)

    async def _take(self, task: dict[str, Any]) -> None:
        wish = next((wish for wish in self._wishes if wish.step in ("", task["node_id"])), None)
        if task["id"] not in self._told:
            self._told.add(task["id"])
            say(f"Waits for a decision: “{task['title']}”")
            if wish is None:
                self._say_how(task)
        if wish and task["id"] not in self._refused:
            await self._decide(task, wish)

    def _say_how(self, task: dict[str, Any]) -> None:
        step = f"{task['node_id']}=" if task["node_id"] else ""
        ways = f"--decide {step}{'|'.join(task['choices'])}"
        if page := self._api.page(routes.task(task["id"])):
            say(f"    {page}")
            say(f"    Decide it there, or run with {ways}")
        else:
            say(f"    Stop with Ctrl-C and run with {ways}, or while the workbench runs.")

    async def _decide(self, task: dict[str, Any], wish: Wish) -> None:
        try:
            whole = await self._api.get(f"/hitl/tasks/{task['id']}")
            own = wish.value if wish.has_value or wish.action != "submit" else whole["data"]
            body = {"action": wish.action, "revision": whole["revision"], "value": own}
            if wish.action == "respond":
                body |= {"text": own if isinstance(own, str) else json.dumps(own), "value": None}
            await self._api.send("POST", f"/hitl/tasks/{task['id']}/decide", body)
            say(f"    Decided: {wish.action}")
        except Refused as error:
            self._refused.add(task["id"])
            fail(f"    {wish.action} was refused: {error}")
            self._say_how(task)
