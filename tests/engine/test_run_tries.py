"""Attempts: which failures end them, and how long all of them together may take."""

import pytest

from engine.contracts import ActivityStep, Attempts
from engine.graph import Node
from engine.nodes import PlanContext
from engine.nodes.http import HTTP, HttpConfig
from tests.engine.conftest import Rig
from tests.engine.plans import fake, plan


@pytest.mark.parametrize(
    ("not_on", "calls"), [(("fake",), 1), (("other", "fake.deeper"), 3), (("fa",), 3), ((), 3)]
)
async def test_a_final_kind_is_not_repeated(rig: Rig, not_on: tuple[str, ...], calls: int) -> None:
    attempts = Attempts(maximum=3, delay_s=0.01, not_on=not_on)
    ran = await rig.run(plan(fake("work", attempts=attempts, failures=9)))
    assert len(rig.fake.calls) == calls
    assert ran.nodes["work"].attempt == calls


async def test_a_kind_stands_for_all_that_begin_with_it(rig: Rig) -> None:
    attempts = Attempts(maximum=3, delay_s=0.01, not_on=("http",))
    await rig.run(plan(fake("work", attempts=attempts, failures=9, failure="http.status")))
    assert len(rig.fake.calls) == 1


async def test_no_attempt_begins_after_the_time_of_all_together(real: Rig) -> None:
    attempts = Attempts(maximum=9, delay_s=30, max_delay_s=30, total_s=20)
    ran = await real.run(plan(fake("work", attempts=attempts, failures=9)))
    assert ran.nodes["work"].attempt == 1
    assert ran.record.error is not None
    assert ran.record.error.kind == "fake"


@pytest.mark.parametrize("local", [True, False])
async def test_an_attempt_is_cut_off_when_the_time_of_all_is_over(real: Rig, local: bool) -> None:
    attempts = Attempts(maximum=9, delay_s=0.01, total_s=0.5)
    ran = await real.run(plan(fake("work", attempts=attempts, seconds=9, timeout_s=9, local=local)))
    error = ran.nodes["work"].error
    assert error is not None
    assert error.kind == "timeout"
    assert "all its attempts" in error.message


def test_the_policy_of_a_document_reaches_the_plan() -> None:
    policy = {"retry": {"attempts": 3, "not_on": ["http.status"]}, "total_timeout_s": 60}
    node = Node.model_validate({"id": "n", "type": "http", "config": {"url": "http://a.b"}, "policy": policy})
    step = HTTP.plan(node, PlanContext(config=HttpConfig(url="http://a.b")))
    assert isinstance(step, ActivityStep)
    assert (step.attempts.not_on, step.attempts.total_s) == (("http.status",), 60)


def test_documents_that_do_not_use_it_stay_as_they_were() -> None:
    policy = Node.model_validate({"id": "n", "type": "http"}).model_dump(mode="json")["policy"]
    assert "total_timeout_s" not in policy
    assert "not_on" not in policy["retry"]
