"""Where the providers of the tests are kept: fetched once, through their registries' ordinary clients."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.embedded import binaries

KEYCLOAK = "26.4.7"
KEYCLOAK_SHA256 = "dd9834c023460be856f731423d86228c23b5d002194a2064642bec0cc6573eaa"
_HERE = Path(__file__).parent


def keycloak() -> Path:
    """Return Keycloak's folder, built for a database in memory. Raises where Maven or Java are not there."""
    home = _cache() / f"keycloak-{KEYCLOAK}"
    with _alone("keycloak"):
        if not (home / "built").exists():
            shutil.rmtree(home, ignore_errors=True)
            archive = _fetched()
            shutil.unpack_archive(archive, _cache())
            archive.unlink()
            _run(
                "sh",
                home / "bin" / "kc.sh",
                "build",
                "--db=dev-mem",
                environment={"JAVA_OPTS_KC_HEAP": "-Xmx512m"},
            )
            (home / "built").touch()
    return home


def node_provider() -> Path:
    """Return a folder in which `provider.mjs` finds what it imports."""
    package = (_HERE / "package.json").read_bytes()
    home = _cache() / f"oidc-provider-{hashlib.sha256(package).hexdigest()[:12]}"
    with _alone("oidc-provider"):
        if not (home / "built").exists():
            home.mkdir(parents=True, exist_ok=True)
            (home / "package.json").write_bytes(package)
            _run(binaries.bun(), "install", "--no-save", "--ignore-scripts", cwd=home)
            (home / "built").touch()
    shutil.copy(_HERE / "provider.mjs", home)
    return home


def _fetched() -> Path:
    artifact = f"org.keycloak:keycloak-quarkus-dist:{KEYCLOAK}:zip"
    if shutil.which("mvn") is None or shutil.which("java") is None:
        raise RuntimeError("Tests against Keycloak need Java and Maven: default-jre-headless, maven.")
    _run(
        "mvn", "-q", "-B", "-C", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={_cache()}"
    )
    archive = _cache() / f"keycloak-quarkus-dist-{KEYCLOAK}.zip"
    if hashlib.sha256(archive.read_bytes()).hexdigest() != KEYCLOAK_SHA256:
        raise RuntimeError(f"{archive} is not the Keycloak {KEYCLOAK} that the tests know.")
    return archive


def _run(*command: object, cwd: Path | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "JAVA_OPTS_KC_HEAP": "-Xmx512m"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _cache() -> Path:
    """Return the folder; not below XDG_CACHE_HOME, which tests change, so that it is fetched once."""
    folder = Path.home() / ".cache" / "workbench-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _alone(name: str) -> Iterator[None]:
    with (_cache() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
