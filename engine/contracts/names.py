"""The names by which workflows, activities, signals and updates are called, and the statuses there are."""

from typing import Literal

NodeStatus = Literal["running", "waiting", "succeeded", "failed", "skipped", "cancelled"]


RunStatus = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]


RUN_NODE = "run_node"
"""The activity that runs a node: NodeTask in, NodeResult out."""


RECORD = "record"
"""The activity that writes a RecordBatch."""


AWAIT_EVENT = "await_event"
"""The activity that makes a wait known: EventWait in; Found out, with the event that was kept for it."""


STOP_WAITING = "stop_waiting"
"""The activity that ends a wait whose time is over: EventWait in; Found out, as an event may have come."""


DECIDE = "decide"
"""The update that brings a run a NodeDecision; refused unless the node waits for it."""


OPEN_TASK = "open_task"
"""The activity that puts a task into the inbox: TaskOpening in, TaskOpened out."""


NOTE_TASK = "note_task"
"""The activity that reminds of a task or asks others too: TaskNote in."""


SETTLE_TASK = "settle_task"
"""The activity that takes a task out of the inbox: TaskSettled in."""


DECIDE_TASK = "decide_task"
"""The update that brings a run a HumanDecision; refused where a rule of the step is against it."""


DELIVER_MESSAGE = "deliver_message"
"""The activity that sends a message: the id of the application's batch in."""


EVENT_ARRIVED = "event_arrived"
"""The signal that brought a run an Arrival, before EVENTS_ARRIVED."""


EVENTS_ARRIVED = "events_arrived"
"""The signal that brings a run Arrivals."""


GRAPH_RUN = "GraphRun"
"""The workflow that interprets a plan: RunRequest in, RunRecord out."""


OPEN_RUN = "open_run"
"""The activity that stores the run of a sub-workflow: Opening in, Opened out."""


CHECK_OUTPUTS = "check_outputs"
"""The activity that holds a run's outputs against their schema: Outputs in, OutputsChecked out."""


RAISE_BUDGET = "raise_budget"
"""The signal that gives a run another Budget."""


CHILD_ENDED = "child_ended"
"""The signal that brings a run a ChildEnd."""


BUSY = "engine.busy"
"""The error type of an activity that found no free slot: it comes back later."""


SLOT_FREE = "slot_free"
"""The signal that tells a run the place of a node that stands in line: a slot may be free for it."""


INTERRUPTED = "engine.interrupted"
"""The error type of an activity that stopped for a reason that is not the node's: it is started again."""


TERMINAL: frozenset[str] = frozenset({"succeeded", "failed", "skipped", "cancelled"})
"""The statuses in which a node, or a run (which is never skipped), has ended."""


def place(scope: str, node_id: str) -> str:
    """Return what tells a node of one pass from the same node of another: `fetch`, or `each/3/fetch`."""
    return f"{scope}/{node_id}" if scope else node_id
