"""Where everything stands inside a data directory, so that no two modules spell the same path."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class DataDir:
    """A data directory; `create` makes it and its private parts."""

    root: Path

    @property
    def lock(self) -> Path:
        """The file whose lock the running instance holds."""
        return self.root / "instance.lock"

    @property
    def instance(self) -> Path:
        """Who holds the lock, and where its web page is."""
        return self.root / "instance.json"

    @property
    def logs(self) -> Path:
        """One log for each process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What only the running instance needs: pids, ports, generated configuration."""
        return self.root / "run"

    @property
    def keys(self) -> Path:
        """Generated passwords, one file each."""
        return self.root / "keys"

    @property
    def postgres(self) -> Path:
        """The database cluster; it belongs to the account that Postgres runs as."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's append-only files."""
        return self.root / "valkey"

    @property
    def temporal(self) -> Path:
        """Temporal's database file."""
        return self.root / "temporal"

    def log(self, name: str) -> Path:
        """Return the path of the log that holds what process `name` prints."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the directory, private to its owner (root's may be passed through, because Postgres must).

        Raises EmbeddedError when that is impossible.
        """
        try:
            if not self.root.exists():
                self.root.mkdir(parents=True)
                self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for part in (self.logs, self.run, self.keys, self.valkey, self.temporal):
                part.mkdir(exist_ok=True, mode=0o700)
                part.chmod(0o700)
        except OSError as error:
            raise EmbeddedError(
                f"The data directory {self.root} cannot be used: {error.strerror} ({error.filename}). "
                "Give another one with --data-dir, or make this one yours."
            ) from error

    def password(self, name: str) -> str:
        """Return the generated password of service `name`; made at the first call."""
        path = self.keys / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`; empty when there is none, or when a crash left only a part of it."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
