"""The `workbench` command: reads the command line, calls `workbench.commands`, turns errors into exit codes.

What a command needs is imported when that command runs, so that `workbench check` starts fast.
"""

import importlib.metadata
import os
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from workbench.__main__ import PROCESSES
from workbench.settings import PREFIX, Settings

app = typer.Typer(
    name="workbench",
    help="Draw workflows of agents, run them durably, see every step's output. Without a command: start it.",
    invoke_without_command=True,
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where everything is kept. [default: ~/.local/share/workbench]", show_default=False
    ),
]
WorkspaceOption = Annotated[
    str | None,
    typer.Option(
        "--workspace", help="The id of a team's workspace, where the API key has several.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the result as JSON, for programs.")]


def main() -> None:
    """Run the command line; the exit code says how it went."""
    app()


@app.callback()
def start(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the web page. [default: 8420]", show_default=False, min=1, max=65535),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; beyond this machine only for a team. [default: 127.0.0.1]",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDirOption = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    """Start everything on this machine and open the browser; Ctrl-C stops it."""
    if version:
        typer.echo(f"workbench {importlib.metadata.version('workbench')}")
        raise typer.Exit
    _set(data_dir=data_dir, port=port, host=host)
    if context.invoked_subcommand:
        return
    settings = _settings()
    from workbench.commands.start import start as run
    from workbench.outside import require_loopback

    require_loopback(settings)

    raise typer.Exit(run(settings, browser=not no_browser))


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="The workflow document, JSON or YAML.")],
    input_: Annotated[str, typer.Option("--input", help="The run's inputs: a JSON object, or @FILE.")] = "{}",
    sample: Annotated[
        bool, typer.Option("--sample", help="Take what is not given from the document's sample input.")
    ] = False,
    label: Annotated[
        list[str] | None,
        typer.Option(help="A label to find the run by, name=value. May be repeated.", show_default=False),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Idempotency key: with one used before, that run is shown.", show_default=False),
    ] = None,
    priority: Annotated[
        int | None,
        typer.Option(help="From 1, served first, to 5. [default: 3]", show_default=False, min=1, max=5),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            help="Seconds from now, or an instant such as 2030-01-31T18:00:00Z, when the run is cancelled.",
            show_default=False,
        ),
    ] = None,
    decide: Annotated[
        list[str] | None,
        typer.Option(
            help="What to decide where the run waits for people: STEP=DECISION:VALUE, such as ask=approve or "
            "intake=submit:@answer.json; without STEP= about any. May be repeated.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Run a workflow and write its outputs. Exit code 0: succeeded, 1: failed or cancelled, 2: invalid.

    A run that waits for people says for what, and where to decide it, and goes on when that is done.
    """
    _set(data_dir=data_dir, workspace=workspace)
    settings = _settings()
    from workbench.commands.run import Options
    from workbench.commands.run import run as execute

    options = Options(labels=label or (), key=key, priority=priority, deadline=deadline, decide=decide or ())
    raise typer.Exit(execute(settings, file, input_, options, sample=sample, as_json=json))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The workflow document, JSON or YAML.")],
    json: JsonOption = False,
) -> None:
    """Name every problem of a workflow, executing nothing. Exit code 0: none, 2: some."""
    from workbench.commands.check import check as examine

    raise typer.Exit(examine(file, as_json=json))


@app.command()
def doctor(json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """Say what is installed, running and reachable, and the remedy for what is not. Exit code 0: all well."""
    _set(data_dir=data_dir)
    settings = _settings()
    from workbench.commands.doctor import doctor as diagnose

    raise typer.Exit(diagnose(settings, as_json=json))


@app.command()
def migrate(data_dir: DataDirOption = None) -> None:
    """Bring the database to this version's tables (`workbench` does it by itself)."""
    _set(data_dir=data_dir)
    settings = _settings()
    from workbench.commands.migrate import migrate as bring

    raise typer.Exit(bring(settings))


@app.command()
def repair(
    run_id: Annotated[str | None, typer.Argument(help="One run alone.", show_default=False)] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Rebuild the records of runs from Temporal's history. What is whole is left as it is."""
    _set(data_dir=data_dir, workspace=workspace)
    settings = _settings()
    from workbench.commands.repair import repair as rebuild

    raise typer.Exit(rebuild(settings, run_id, as_json=json))


@app.command()
def worker(data_dir: DataDirOption = None) -> None:
    """Run one worker against the services that WORKBENCH_… names, until told to stop."""
    _become("worker", data_dir=data_dir)


@app.command()
def web(
    port: Annotated[int | None, typer.Option(help="Port of the web page.", min=1, max=65535)] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; beyond this machine only for a team."),
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Run one web process against the services that WORKBENCH_… names, until told to stop."""
    _set(port=port, host=host)
    _become("web", data_dir=data_dir)


def _become(process: str, *, data_dir: Path | None) -> None:
    _set(data_dir=data_dir)
    import_module(PROCESSES[process]).main()


def _set(**given: object) -> None:
    """Let options take precedence over the environment, for this process and its children."""
    for name, value in given.items():
        if value is not None:
            os.environ[PREFIX + name.upper()] = str(value)


def _settings() -> Settings:
    """Return the settings; what needs them is imported late, because `check` and `--version` do not."""
    from workbench.outside import read_settings

    return read_settings()
