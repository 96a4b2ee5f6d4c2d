"""The rules of the design that the engine keeps, each with the test that shows it.

They are those of its §4 (From canvas to run) and §5 (Human in the loop). A rule that changes is found here
with what shows it; a test that goes leaves its rule behind, and that is noticed.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ENGINE, SERVICES = "engine/", "workbench/services/"

RULES: dict[str, str] = {
    # 4.1 Draft
    "a stale revision is refused with both sides shown, never overwritten": SERVICES
    + "test_drafts.py::test_a_stale_edit_is_refused_with_both_revisions",
    # 4.2 Validate
    "all problems are given at once, never the first only": ENGINE
    + "test_compiler.py::test_all_problems_are_found_at_once",
    "checking executes nothing": ENGINE + "test_containers.py::test_checking_evaluates_nothing",
    "a reference is a dependency": ENGINE + "test_compiler.py::test_a_reference_without_an_edge_is_one",
    "a reference out of a container makes the container wait": ENGINE
    + "test_containers.py::test_the_container_waits_for_what_its_body_reads",
    "a reference to what cannot have run is a problem at that field": ENGINE
    + "test_compiler.py::test_reading_the_other_branch_is_a_problem",
    # 4.3 Version
    "the same content has one version": SERVICES
    + "test_workflows.py::test_publishing_the_same_content_again_gives_the_same_version",
    "a run is bound to the content it started with": ENGINE
    + "test_compiler.py::test_the_plan_is_bound_to_the_content",
    "editing never touches a run in flight": "workbench/api/test_runs.py::"
    "test_a_run_keeps_its_document_while_the_draft_moves_on",
    # 4.4 Plan
    "a plan is serialisable": ENGINE + "test_compiler.py::test_it_survives_the_journey_through_json",
    "a document with problems has no plan": ENGINE
    + "test_compiler.py::test_a_document_with_problems_is_not_compiled",
    "ten thousand nodes are compiled": ENGINE + "test_compiler.py::test_ten_thousand_nodes_are_compiled",
    # 4.5 Run
    "pure nodes are evaluated in the workflow": ENGINE
    + "test_run_flow.py::test_ten_pure_steps_are_written_once",
    "only what takes at most ten seconds is a local activity": ENGINE
    + "test_nodes.py::test_only_short_requests_are_local",
    "a node begins the moment its inputs are there": ENGINE
    + "test_run_flow.py::test_step_begins_the_moment_its_own_sources_are_settled",
    "a node waits for all of its inputs": ENGINE + "test_run_flow.py::test_step_waits_for_all_its_sources",
    "limits of concurrency are kept": ENGINE
    + "test_run_containers.py::test_no_more_passes_are_under_way_than_the_limit",
    "a run continues as new by itself": ENGINE
    + "test_run_size.py::test_run_continues_as_new_and_does_each_step_once",
    "containers go on when it does": ENGINE
    + "test_run_containers.py::test_containers_go_on_when_a_run_continues_as_new",
    "documents run as the words of the design say": ENGINE
    + "test_random_runs.py::test_a_run_is_what_the_reference_says",
    # 4.6 Outputs
    "outputs over 64 KiB travel by reference": ENGINE
    + "test_run_size.py::test_large_values_travel_by_reference",
    "no limit of payloads is met": ENGINE + "test_run_size.py::test_payload_of_many_megabytes",
    # 4.7 Records
    "the activity that runs a node writes its row": SERVICES + "test_records.py::test_a_node_begins_and_ends",
    "work that was recorded before a crash is not done again": ENGINE
    + "test_run_activities.py::test_step_recorded_before_a_crash_is_not_done_again",
    "one idempotency key for all attempts at a node": ENGINE
    + "test_run_activities.py::test_idempotency_key_is_one_for_all_attempts",
    "inline nodes are recorded with the next write": ENGINE
    + "test_run_activities.py::test_inline_records_travel_with_the_next_activity",
    "a row is never turned back": SERVICES
    + "test_records.py::test_a_settled_node_is_never_turned_back_or_changed",
    # 4.8 Live
    "every record is published": SERVICES
    + "test_records.py::test_every_change_is_published_once_with_what_was_written",
    "a watch resumes at the last event": SERVICES
    + "test_live.py::test_a_watcher_that_lost_its_connection_goes_on_where_it_was",
    # 4 Skipping
    "a branch that is not taken is skipped": ENGINE
    + "test_run_flow.py::test_branch_not_taken_is_skipped_to_its_end",
    "a node runs when all its edges are settled and one is live": ENGINE
    + "test_progress.py::test_one_live_edge_is_enough_once_all_sources_are_settled",
    "a node is skipped when all its edges are": ENGINE
    + "test_progress.py::test_step_is_skipped_when_no_edge_is_live",
    # 4 Partial runs
    "a fingerprint covers type, settings and what leads to the node": ENGINE
    + "test_fingerprints.py::test_a_change_of_settings_or_type_reaches_what_follows",
    "a node runs, and what it needs is reused": SERVICES
    + "test_notebook.py::test_a_node_runs_and_what_it_needs_is_reused",
    "what follows is stale": SERVICES + "test_notebook.py::test_what_follows_something_newer_is_stale",
    "a run goes on from an older run's step": SERVICES + "test_forks.py::test_a_run_goes_on_from_a_step",
    # 4 Failure
    "a node fails the run": ENGINE + "test_run_flow.py::test_failed_step_fails_the_run_and_stops_the_others",
    "a node goes on along its error port": ENGINE
    + "test_run_flow.py::test_failed_step_leaves_by_its_error_port",
    "a node pauses": ENGINE + "test_run_pauses.py::test_a_step_that_failed_waits_and_shows_its_error",
    "retry": ENGINE + "test_run_pauses.py::test_a_retry_counts_on_and_goes_on",
    "retry with edited input": ENGINE + "test_run_pauses.py::test_a_retry_with_other_settings_uses_them",
    "supply the output": ENGINE + "test_run_pauses.py::test_an_output_that_was_supplied_is_the_steps_output",
    "skip": ENGINE + "test_run_pauses.py::test_a_skipped_step_skips_what_only_it_leads_to",
    "abort": ENGINE + "test_run_pauses.py::test_aborting_fails_the_run_with_the_steps_error",
    "what succeeded is undone, the last success first": ENGINE
    + "test_run_compensation.py::test_the_last_success_is_undone_first",
    "a cancelled run is undone too": ENGINE + "test_run_compensation.py::test_a_cancelled_run_is_undone_too",
    # 4 Determinism
    "saved histories are replayed": ENGINE + "test_replay.py::test_saved_history_is_replayed",
    "a change that breaks runs in flight is caught": ENGINE + "test_replay.py::test_replay_notices_a_change",
    # 5 Human in the loop, as far as a paused step goes
    "a decision that is late is refused": ENGINE
    + "test_run_pauses.py::test_a_decision_for_a_run_that_is_over_is_refused",
    "a decision that is malformed is refused before it enters history": ENGINE
    + "test_run_pauses.py::test_a_wrong_decision_is_refused_and_leaves_no_trace",
    "a decision that is foreign is refused": SERVICES
    + "test_decisions.py::test_only_who_may_see_the_run_decides",
    "a decision carries who, when and why": ENGINE
    + "test_run_pauses.py::test_it_is_recorded_who_decided_what_when_and_why",
    "a decision is counted once": ENGINE + "test_run_pauses.py::test_of_two_decisions_at_once_one_is_taken",
}


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_its_test(rule: str) -> None:
    file, _, name = RULES[rule].partition("::")
    assert name in functions_of(file)
