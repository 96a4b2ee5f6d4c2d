"""`workbench run` where no workbench is running: it starts the services, runs, and leaves nothing behind."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.e2e.stack import alive
from tests.workbench.test_cli import HELLO, stored, workbench
from workbench.auth import keys
from workbench.db.session import plain_url
from workbench.embedded.services import running
from workbench.settings import Settings

UNNEEDED = {"redis_url": "redis://unneeded", "temporal_address": "unneeded:1"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "data"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return stored(HELLO, tmp_path)


def of_one_node(node: dict[str, Any], tmp_path: Path) -> Path:
    """Store a document that consists of this node and takes any input."""
    return stored({**HELLO, "inputs": {"type": "object"}, "outputs": {}, "nodes": [node]}, tmp_path)


async def test_the_outputs_are_written(hello: Path, data_dir: Path) -> None:
    ended = await workbench("run", hello, "--input", '{"name": "Ada"}', data_dir=data_dir)
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {"greeting": "Hello, Ada!"}


async def test_inputs_come_from_a_file_and_the_whole_run_is_written(
    hello: Path, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "input.json").write_text('{"name": "Grace"}')
    ended = await workbench("run", hello, "--input", f"@{tmp_path}/input.json", "--json", data_dir=data_dir)
    run = json.loads(ended.out)
    assert (run["status"], run["outputs"]) == ("succeeded", {"greeting": "Hello, Grace!"})
    assert [node["node_id"] for node in run["nodes"]] == ["start"]


async def test_inputs_that_the_schema_refuses_exit_with_2(hello: Path, data_dir: Path) -> None:
    ended = await workbench("run", hello, "--input", '{"name": 7}', "--json", data_dir=data_dir)
    assert ended.code == 2
    assert [problem["field"] for problem in json.loads(ended.out)["problems"]] == ["inputs.name"]


async def test_a_label_without_a_value_exits_with_2(hello: Path, data_dir: Path) -> None:
    ended = await workbench("run", hello, "--label", "nonsense", "--label", "=x", data_dir=data_dir)
    assert (ended.code, ended.out) == (2, "")
    assert "“nonsense” is no label." in ended.err
    assert "“=x” is no label." in ended.err


async def test_a_failed_run_exits_with_1_and_says_where(tmp_path: Path, data_dir: Path) -> None:
    fails = {"id": "fails", "type": "transform", "config": {"value": "{{ inputs.zero.nothing.there }}"}}
    ended = await workbench("run", of_one_node(fails, tmp_path), "--input", '{"zero": 0}', data_dir=data_dir)
    assert ended.code == 1
    assert ended.out == ""
    assert "fails" in ended.err


def asking(tmp_path: Path) -> Path:
    ask = {"id": "ask", "type": "approval", "config": {"title": "Pay 5?", "data": {"n": 5}}}
    outputs = {"said": "{{ nodes.ask.output.decision }}"}
    return stored({**HELLO, "inputs": {"type": "object"}, "outputs": outputs, "nodes": [ask]}, tmp_path)


async def test_what_a_run_waits_for_is_told_and_decided(tmp_path: Path, data_dir: Path) -> None:
    ended = await workbench("run", asking(tmp_path), "--decide", "ask=reject", data_dir=data_dir)
    assert (ended.code, json.loads(ended.out)) == (0, {"said": "reject"})
    assert "Waits for a decision: “Pay 5?”" in ended.err


async def test_a_step_that_failed_is_given_its_output(tmp_path: Path, data_dir: Path) -> None:
    config = {"method": "GET", "url": "http://127.0.0.1:9/"}
    fetch = {"id": "fetch", "type": "http", "config": config, "policy": {"on_error": "pause"}}
    outputs = {"n": "{{ nodes.fetch.output.n }}"}
    document = {**HELLO, "inputs": {"type": "object"}, "outputs": outputs, "nodes": [fetch]}
    decide = ("--decide", 'output:{"n": 3}')
    ended = await workbench("run", stored(document, tmp_path), *decide, data_dir=data_dir)
    assert (ended.code, json.loads(ended.out)) == (0, {"n": 3})


async def test_what_is_no_decision_exits_with_2(hello: Path, data_dir: Path) -> None:
    given = ("--decide", "ask=perhaps", "--decide", "submit:{")
    ended = await workbench("run", hello, *given, data_dir=data_dir)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("is no decision") == 2


async def test_in_a_team_a_key_is_needed_and_does(hello: Path, tmp_path: Path) -> None:
    data_dir, ada = tmp_path / "data", ("--input", '{"name": "Ada"}')
    refused = await workbench("run", hello, *ada, data_dir=data_dir, WORKBENCH_MODE="team")
    assert (refused.code, refused.out) == (1, "")
    assert "WORKBENCH_API_KEY" in refused.err
    key, row = keys.make(), "'{workflows:read,workflows:write,runs:read,runs:start}', '{default}'"
    async with running(Settings(data_dir=data_dir, **UNNEEDED)) as settings:
        with psycopg.connect(plain_url(settings.database_url or ""), autocommit=True) as connection:
            connection.execute(
                "INSERT INTO api_keys"
                " (created_at, id, name, created_by, key_hash, shown, actions, workspaces)"
                f" VALUES (now(), '1', 'CI', 'ada', %s, %s, {row})",
                (key.hash, key.shown),
            )
    wrong = keys.make().text
    for text, code in ((key.text, 0), (wrong, 1)):
        ended = await workbench(
            "run", hello, *ada, data_dir=data_dir, WORKBENCH_MODE="team", WORKBENCH_API_KEY=text
        )
        assert ended.code == code, ended.err
        assert text not in ended.out + ended.err


async def test_a_database_of_a_newer_workbench_is_refused_in_words(hello: Path, tmp_path: Path) -> None:
    async with running(Settings(data_dir=tmp_path / "data", **UNNEEDED)) as settings:
        with psycopg.connect(plain_url(settings.database_url or ""), autocommit=True) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            connection.execute("INSERT INTO alembic_version VALUES ('from_the_future')")
    ended = await workbench("run", hello, "--input", '{"name": "Ada"}', data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "from_the_future" in ended.err
    assert "Traceback" not in ended.err


async def test_an_interrupted_run_is_cancelled_and_everything_ends(tmp_path: Path, data_dir: Path) -> None:
    waits = of_one_node({"id": "waits", "type": "delay", "config": {"seconds": 600}}, tmp_path)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workbench", "run", waits, "--data-dir", data_dir,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr
    while b"The run has started" not in await process.stderr.readline():
        pass
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert "cancelled" in err.decode()
    assert not alive(family)


async def test_options_reach_the_run_and_its_key_gives_it_again(hello: Path, data_dir: Path) -> None:
    asked = ("--label", "env=prod", "--key", "k1", "--priority", "2", "--deadline", "600", "--json")
    first, second = [
        json.loads(
            (await workbench("run", hello, "--input", '{"name": "Ada"}', *asked, data_dir=data_dir)).out
        )
        for _ in range(2)
    ]
    assert (first["labels"], first["priority"], bool(first["deadline_at"])) == ({"env": "prod"}, 2, True)
    assert second["id"] == first["id"]
