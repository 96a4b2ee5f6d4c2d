"""The command line without any service: what it refuses, what it says, how it exits."""

import asyncio
import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HELLO: dict[str, Any] = {
    "format": "workbench/1",
    "name": "Hello",
    "inputs": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    "outputs": {"greeting": "Hello, {{ inputs.name }}!"},
    "nodes": [{"id": "start", "type": "input"}],
}


@dataclass
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


async def workbench(*arguments: object, data_dir: Path | None = None, **environment: str) -> Ended:
    """Run `workbench` with these arguments and settings until it ends."""
    data = {"WORKBENCH_DATA_DIR": str(data_dir)} if data_dir else {}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workbench", *map(str, arguments), env={**os.environ, **environment, **data},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return Ended(process.returncode or 0, out.decode(), err.decode())


def stored(document: dict[str, Any], tmp_path: Path) -> Path:
    """Write a document to a file and return its path."""
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return stored(HELLO, tmp_path)


async def test_it_names_its_version() -> None:
    assert (await workbench("--version")).out == "workbench 0.1.0\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.com"])
async def test_it_listens_on_this_machine_only(host: str, tmp_path: Path) -> None:
    ended = await workbench("--host", host, data_dir=tmp_path / "data")
    assert ended.code == 2
    assert "WORKBENCH_MODE=team" in ended.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [(), ("web",), ("worker",), ("doctor",), ("web", "--port", "9000")])
async def test_a_wrong_setting_is_named(command: tuple[str, ...]) -> None:
    ended = await workbench(*command, WORKBENCH_TEMPORAL_TLS="perhaps")
    assert ended.code == 2
    assert "WORKBENCH_TEMPORAL_TLS" in ended.err
    assert "Traceback" not in ended.err


async def test_a_list_that_is_none_is_refused_in_words() -> None:
    ended = await workbench("doctor", WORKBENCH_ALLOWED_HOSTS="workbench.example")
    assert ended.code == 2
    assert "allowed_hosts" in ended.err
    assert "Traceback" not in ended.err


async def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = await workbench("--no-browser", "--port", port, data_dir=tmp_path / "data")
    assert ended.code == 1
    assert f"Port {port}" in ended.err
    assert "--port" in ended.err
    assert not (tmp_path / "data" / "postgres").exists()


async def test_check_says_that_a_document_is_valid(hello: Path) -> None:
    ended = await workbench("check", hello)
    assert ended.code == 0
    assert "valid" in ended.out


async def test_check_names_every_problem(tmp_path: Path) -> None:
    broken = {
        **HELLO,
        "nodes": [*HELLO["nodes"], {"id": "a", "type": "teleport"}, {"id": "b", "type": "http"}],
    }
    ended = await workbench("check", stored(broken, tmp_path), "--json")
    problems = json.loads(ended.out)["problems"]
    assert ended.code == 2
    assert {"a", "b"} <= {problem["node"] for problem in problems}
    assert all(set(problem) == {"code", "node", "field", "message", "hint"} for problem in problems)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[1, 2]", b"a: [1"])
async def test_what_is_no_document_is_a_problem_and_no_crash(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    ended = await workbench("check", tmp_path / "odd")
    assert ended.code == 2
    assert "Traceback" not in ended.err


async def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    ended = await workbench("check", tmp_path / "none.json")
    assert ended.code == 2
    assert "none.json" in ended.out


async def test_check_needs_neither_the_web_nor_the_engine_libraries(hello: Path) -> None:
    program = (
        "import sys, runpy; sys.argv = ['workbench', 'check', sys.argv[1]]\n"
        "try: runpy.run_module('workbench', run_name='__main__')\n"
        "except SystemExit: print(sorted({'reflex', 'temporalio', 'sqlalchemy'} & set(sys.modules)))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, hello, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.decode().splitlines()[-1] == "[]"


@pytest.mark.parametrize("given", ["{", "[]", "@/no/such/file", "[" * 100_000])
async def test_an_unreadable_input_is_refused_before_anything_starts(
    hello: Path, tmp_path: Path, given: str
) -> None:
    ended = await workbench("run", hello, "--input", given, data_dir=tmp_path / "data")
    assert ended.code == 2
    assert "--input" in ended.err
    assert not (tmp_path / "data").exists()


async def test_an_invalid_document_is_not_run(tmp_path: Path) -> None:
    invalid = stored({**HELLO, "outputs": {"greeting": "{{ nodes.nobody.output }}"}}, tmp_path)
    ended = await workbench("run", invalid, "--input", '{"name": "Ada"}', data_dir=tmp_path / "data")
    assert ended.code == 2
    assert "nobody" in ended.err
    assert not (tmp_path / "data").exists()


async def test_the_problems_of_an_invalid_document_are_written_for_programs(tmp_path: Path) -> None:
    invalid = stored({**HELLO, "outputs": {"greeting": "{{ nodes.nobody.output }}"}}, tmp_path)
    ran, checked = [await workbench(command, invalid, "--json") for command in ("run", "check")]
    assert (ran.code, json.loads(ran.out)) == (2, json.loads(checked.out))


async def test_doctor_finds_the_programs(tmp_path: Path) -> None:
    found = json.loads((await workbench("doctor", "--json", data_dir=tmp_path / "data")).out)
    states = {finding["name"]: finding["state"] for finding in found}
    assert {states[name] for name in ("Python", "Postgres", "Valkey", "Temporal", "Bun")} == {"ok"}
    assert not (tmp_path / "data").exists()


async def test_doctor_names_the_remedy_for_a_service_that_is_away(tmp_path: Path) -> None:
    ended = await workbench(
        "doctor", "--json", data_dir=tmp_path / "data", WORKBENCH_REDIS_URL="redis://127.0.0.1:1/0"
    )
    found = {finding["name"]: finding for finding in json.loads(ended.out)}
    assert ended.code == 1
    assert found["Valkey service"]["state"] == "problem"
    assert "WORKBENCH_REDIS_URL" in found["Valkey service"]["remedy"]


async def test_migrate_says_that_the_database_is_away(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody:secret@127.0.0.1:1/none"
    ended = await workbench("migrate", data_dir=tmp_path / "data", WORKBENCH_DATABASE_URL=url)
    assert ended.code == 1
    assert "does not answer" in ended.err
    assert "secret" not in ended.err
