"""The two providers, running: a real Keycloak with the realm that we ship, and oidc-provider from npm."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.oidc import places
from workbench.embedded import binaries

REALM = Path("workbench/deploy/keycloak/realm.json")


@dataclass
class Keycloak:
    """A Keycloak that runs, as its administrator."""

    url: str
    password: str = field(repr=False)

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/workbench"

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer of the administration's API, below the realm."""
        token = httpx.post(
            f"{self.url}/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": "admin",
                "password": self.password,
            },
            timeout=30,
        ).json()["access_token"]
        answer = httpx.request(
            method,
            f"{self.url}/admin/realms/workbench{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def user(self, name: str) -> dict[str, Any]:
        """Return a person."""
        found: dict[str, Any] = self.admin("GET", f"/users?username={name}&exact=true")[0]
        return found

    def client(self, client_id: str) -> dict[str, Any]:
        """Return a client."""
        found: dict[str, Any] = self.admin("GET", f"/clients?clientId={client_id}")[0]
        return found

    def change(self, client_id: str, *, attributes: dict[str, str] | None = None, **columns: Any) -> None:
        """Change a client, or some of its attributes."""
        client = self.client(client_id)
        client["attributes"] |= attributes or {}
        self.admin("PUT", f"/clients/{client['id']}", client | columns)

    def secret(self, client_id: str) -> str:
        """Return a client's secret, which Keycloak made at the import."""
        return str(self.admin("GET", f"/clients/{self.client(client_id)['id']}/client-secret")["value"])

    def set_password(self, name: str, password: str) -> None:
        """Give somebody a password; the realm ships none."""
        value = {"type": "password", "value": password, "temporary": False}
        self.admin("PUT", f"/users/{self.user(name)['id']}/reset-password", value)

    def realm_role(self, name: str, role: str, *, given: bool) -> None:
        """Give somebody a role of the realm, or take it."""
        roles = [self.admin("GET", f"/roles/{role}")]
        path = f"/users/{self.user(name)['id']}/role-mappings/realm"
        self.admin("POST" if given else "DELETE", path, roles)

    def enable(self, name: str, *, enabled: bool) -> None:
        """Enable or disable somebody."""
        self.admin("PUT", f"/users/{self.user(name)['id']}", {**self.user(name), "enabled": enabled})

    def token(self, client_id: str) -> str:
        """Return a token that a program gets for itself."""
        data = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": self.secret(client_id),
        }
        answer = httpx.post(f"{self.issuer}/protocol/openid-connect/token", data=data, timeout=30)
        return str(answer.json()["access_token"])


@contextmanager
def keycloak(folder: Path, *, port: int, workbench: str, host: str = "127.0.0.1") -> Iterator[Keycloak]:
    """Run Keycloak with our realm, whose client is told where the workbench is, as an operator would.

    Its `host` is a name of this machine; by another one than the workbench's it is another site to browsers.
    """
    home = folder / "keycloak"
    shutil.copytree(places.keycloak(), home, copy_function=os.link)
    (home / "data" / "import").mkdir(parents=True)
    realm = REALM.read_text().replace("http://127.0.0.1:8420", workbench)
    (home / "data" / "import" / "realm.json").write_text(realm)
    found = Keycloak(f"http://{host}:{port}", secrets.token_urlsafe())
    environment = {
        **os.environ,
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": found.password,
        "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
        "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
    }
    how = ("--optimized", "--http-enabled=true", "--cache=local", "--import-realm", "--http-host=127.0.0.1")
    where = (f"--hostname={found.url}", f"--http-port={port}")
    command = ["sh", str(home / "bin" / "kc.sh"), "start", *how, *where]
    with _running(command, home, environment, f"{found.issuer}/.well-known/openid-configuration"):
        yield found


@dataclass
class NodeProvider:
    """An oidc-provider that runs; it can be ended, as when it is down."""

    issuer: str
    process: subprocess.Popen[bytes]
    secret: str = "of-the-tests-only"
    id: str = ""

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


@contextmanager
def node_provider(*, port: int, redirect_uri: str) -> Iterator[NodeProvider]:
    """Run oidc-provider; its client is sent back to `redirect_uri`."""
    home = places.node_provider()
    issuer = f"http://127.0.0.1:{port}"
    command = [str(binaries.bun()), "provider.mjs", str(port), redirect_uri]
    with _running(command, home, dict(os.environ), f"{issuer}/.well-known/openid-configuration") as process:
        yield NodeProvider(issuer, process)


@contextmanager
def _running(
    command: list[str], cwd: Path, environment: dict[str, str], ready: str
) -> Iterator[subprocess.Popen[bytes]]:
    with (cwd / f"{secrets.token_hex(4)}.log").open("w+b") as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            until = time.monotonic() + 420
            while not _answers(ready):
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise RuntimeError(f"{command[1]} does not start: {log.read()[-3000:].decode()}")
                time.sleep(0.2)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # kc.sh has Java as a child; nothing of it is kept
            process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
