"""What a scope carries over when its run continues as new, with all that is under way in it."""

from collections.abc import Iterable

from engine.contracts import ScopeState
from engine.workflows.flights import Flights
from engine.workflows.outside import Outside
from engine.workflows.passes import Passes
from engine.workflows.scopes import Scope


def state(scope: Scope, containers: Iterable[Passes], flights: Flights, outside: Outside) -> ScopeState:
    """Return the state of a scope; `containers` are all that are under way in the run."""
    inside = [passes for passes in containers if passes.parent is scope]
    return ScopeState(
        settled=tuple(scope.settled.values()),
        waiting=outside.people.carried(
            outside.waits.carried(flights.waiting(scope.path), scope.path), scope.path
        ),
        calling=outside.children.carried(scope.path, flights.inside(scope.path)),
        in_line=outside.line.carried(scope.path),
        paused=flights.paused(scope.path),
        retried={at: again for at, again in scope.retried.items() if at not in scope.settled},
        containers={
            passes.step.id: passes.state(
                {index: state(one, containers, flights, outside) for index, one in passes.scopes.items()}
            )
            for passes in inside
        },
    )
