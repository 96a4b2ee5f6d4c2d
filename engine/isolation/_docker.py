"""The way to Docker, and what its errors mean for a person."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import Failure, Interrupted, NodeFailed
from engine.isolation._jobs import PythonPolicy, Readiness

if TYPE_CHECKING:
    from docker import DockerClient

MISSING = "executable file not found"
"""What Docker says, among other things, of an image without the program that is to be started."""


def connect(policy: PythonPolicy) -> "DockerClient":
    """Return a connection to Docker, at the place that the policy or DOCKER_HOST says; NodeFailed."""
    try:
        import docker
    except ImportError as error:
        raise NodeFailed(
            Failure(kind="python.no-docker", message=f"{error}: install the package docker")
        ) from None

    with explained(policy.image):
        if policy.docker_host:
            return docker.DockerClient(base_url=policy.docker_host, timeout=60, max_pool_size=64)
        return docker.from_env(timeout=60, max_pool_size=64)


@contextlib.contextmanager
def explained(image: str) -> Iterator[None]:
    """Turn what Docker says into failures that tell a person what to do."""
    from docker.errors import APIError, DockerException, ImageNotFound, NotFound
    from requests.exceptions import RequestException

    try:
        yield
    except ImageNotFound:
        failure = Failure(
            kind="python.no-image",
            message=f"The image {image}, in which Python steps are executed, is not on this machine",
            hint=f"Fetch it once: docker pull {image}",
        )
        raise NodeFailed(failure) from None
    except APIError as error:
        said = str(error.explanation or error)
        if isinstance(error, NotFound) and MISSING not in said:
            raise Interrupted(f"The container was removed from outside: {said}") from None
        raise NodeFailed(_refused(image, said), retryable=True) from None
    except (DockerException, RequestException, OSError) as error:
        raise NodeFailed(_unreachable(error), retryable=True) from None


def _refused(image: str, said: str) -> Failure:
    if MISSING in said:
        return no_python(image)
    return Failure(
        kind="python.docker-refused",
        message=f"Docker refuses the container: {said}"[:500],
        hint="See docker info, and the log of its daemon.",
    )


def no_python(image: str) -> Failure:
    """Return the failure of an image that cannot execute Python."""
    return Failure(
        kind="python.no-image",
        message=f"The image {image} has no python3",
        hint="Name an image with Python 3.9 or newer in WORKBENCH_PYTHON_IMAGE.",
    )


def _unreachable(error: Exception) -> Failure:
    return Failure(
        kind="python.no-docker",
        message=f"Python steps are executed in a container, and Docker does not answer: {_reason(error)}",
        hint=(
            "Start Docker, or say in DOCKER_HOST where it is. On a machine of your own, "
            "WORKBENCH_PYTHON=process executes them in a process, which is no sandbox."
        ),
    )


def _reason(error: BaseException) -> str:
    """Return what the system said at the bottom of an error that libraries have wrapped several times."""
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
        if isinstance(one, BaseException):
            waiting += [one.__context__, one.__cause__, *one.args]
    return " ".join(str(error).split())[:300]


def look(policy: PythonPolicy) -> Readiness:
    """Say whether Docker answers and has the image."""
    try:
        client = connect(policy)
        with contextlib.closing(client), explained(policy.image):
            client.images.get(policy.image)
            version = client.version()["Version"]
    except NodeFailed as error:
        return Readiness(False, error.failure.message, error.failure.hint)
    return Readiness(True, f"run in containers of {policy.image}, Docker {version}")
