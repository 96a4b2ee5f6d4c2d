"""What stands around a person's code in the place where it is executed: it calls `main` and reports.

This file is executed by itself (`python3 -I -c SOURCE`) inside the container or the process. So it is one
file, however long, that needs nothing but the standard library and runs on any Python since 3.9. Nobody
trusts what it reports: the code could write there whatever it likes.

It is two processes. The child executes the code; the parent listens, and ends everything when the code takes
too long and when stdin closes: the worker that wanted the result is gone, or does not want it any more.

In: a line with a number of bytes and so many bytes of JSON, `{code, inputs, seconds, most, limits}`. Out: a
line of JSON, the report (see `engine.isolation.Report`), then the output as JSON.
"""

import errno
import io
import json
import linecache
import math
import os
import select
import signal
import socket
import sys
import time
import traceback
import types
from typing import Any

NAME = "main.py"
"""What tracebacks call the person's code."""

PRINTED = 8_192
"""Bytes kept of what was printed: the last ones."""

TRACED = 6_000
SAID = 1_000
GRACE_S = 0.3
"""How long interrupted code may take to say where it was."""

NETWORK = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.EADDRNOTAVAIL, errno.ENETDOWN}
)
FILES = frozenset({errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR})


def run() -> None:
    """Read the job, have the child execute it, and write the report."""
    job = _job()
    result, to_result = os.pipe()
    printed, to_printed = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _execute(job, to_result, to_printed)
        finally:
            os._exit(0)
    os.close(to_result)
    os.close(to_printed)
    report, output = _Listener(child, result, printed, job).listen()
    _write(1, json.dumps(report).encode() + b"\n")
    _write(1, output)


def _job() -> Any:
    size = bytearray()
    while not size.endswith(b"\n"):
        size += os.read(0, 1) or _gone()
    data = bytearray()
    while len(data) < int(size):
        data += os.read(0, int(size) - len(data)) or _gone()
    return json.loads(bytes(data))


def _gone() -> bytes:
    """End everything: nobody waits for the result."""
    os.killpg(0, signal.SIGKILL)
    return b""


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view[:65_536]) :]


class _Listener:
    """The parent's part: collects what the child says and prints, until it has ended or must end."""

    def __init__(self, child: int, result: int, printed: int, job: Any) -> None:
        self._child = child
        self._result = result
        self._printed = printed
        self._most = int(job["most"]) + 65_536
        self._deadline = time.monotonic() + float(job["seconds"])
        self._interrupted = False
        self._status: Any = None
        self._ended = False
        self._said = bytearray()
        self._shown = bytearray()
        self._cut = False

    def listen(self) -> Any:
        """Return the report and the output's JSON."""
        for descriptor in (self._result, self._printed):
            os.set_blocking(descriptor, False)
        while not self._over():
            readable, _, _ = select.select([0, self._result, self._printed], [], [], 0.05)
            self._hear(readable)
        self._hear([])
        if not self._ended:
            os.kill(self._child, signal.SIGKILL)
        report, output = self._report()
        return {**report, "printed": self._text()}, output

    def _hear(self, readable: Any) -> None:
        if 0 in readable and not os.read(0, 1_024):
            _gone()
        self._read(self._result, self._said)
        self._read(self._printed, self._shown)
        if len(self._shown) > PRINTED:
            self._cut = True
            del self._shown[:-PRINTED]

    def _read(self, source: int, into: bytearray) -> bool:
        """Add what can be read now; return whether there may be more."""
        try:
            data = os.read(source, 262_144)
        except BlockingIOError:
            return False
        into += data
        return bool(data)

    def _over(self) -> bool:
        """Return whether nothing more is to be waited for; interrupts code that takes too long."""
        if len(self._said) > self._most or self._complete():
            return True
        now = time.monotonic()
        if now > self._deadline and not self._interrupted:
            self._interrupted = True
            os.kill(self._child, signal.SIGINT)
        ended, status = os.waitpid(self._child, os.WNOHANG)
        if ended:
            self._ended, self._status = True, status
            while self._read(self._result, self._said) and len(self._said) <= self._most:
                pass
            return True
        return self._interrupted and now > self._deadline + GRACE_S

    def _complete(self) -> bool:
        end = self._said.find(b"\n")
        return end >= 0 and len(self._said) - end - 1 >= int(json.loads(self._said[:end])["size"])

    def _report(self) -> Any:
        end = self._said.find(b"\n")
        report: Any = {}
        output = b""
        if end >= 0 and self._complete():
            report, output = json.loads(self._said[:end]), bytes(self._said[end + 1 :])
        if self._interrupted and report.get("end") != "returned":
            trace = report.get("trace", "").partition("KeyboardInterrupt")[0]
            return {"end": "timeout", "trace": trace, "line": report.get("line")}, b""
        if report:
            return report, output
        if len(self._said) > self._most:
            return {"end": "too-large"}, b""
        return {"end": "died", "status": self._status}, b""

    def _text(self) -> str:
        text = bytes(self._shown).decode("utf-8", "replace")
        return "…" + text if self._cut else text


def _execute(job: Any, result: int, printed: int) -> None:
    """The child's part: execute the code and say what came of it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        os.fdopen(1, "wb", closefd=False), "utf-8", "backslashreplace", line_buffering=True
    )
    os.environ.clear()
    _limit(job["limits"])
    said, output = _outcome(job)
    _flush()
    _write(result, json.dumps({**said, "size": len(output)}).encode() + b"\n")
    _write(result, output)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BaseException:
        return  # the code put something else there: what it printed is its own affair


def _limit(limits: Any) -> None:
    """Set resource limits by their names; those that the system does not have are left out."""
    import resource

    for name, most in limits.items():
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is not None:
            most += _busy() if name == "NPROC" else 0
            resource.setrlimit(kind, (most, most))


def _busy() -> int:
    """Return how many threads this user has: the limit of processes counts them all."""
    mine, count = os.getuid(), 0
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        try:
            if name.isdigit() and os.stat("/proc/" + name).st_uid == mine:
                count += len(os.listdir("/proc/" + name + "/task"))
        except OSError:
            continue  # it has ended meanwhile
    return count


def _outcome(job: Any) -> Any:
    """Return what to say of the code's execution, and its output as JSON."""
    try:
        compiled = compile(job["code"], NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message, line = getattr(error, "msg", _said(error)), getattr(error, "lineno", None)
        return {"end": "syntax", "message": message[:SAID], "trace": _said(error), "line": line}, b""
    linecache.cache[NAME] = (len(job["code"]), None, job["code"].splitlines(True), NAME)
    module = types.ModuleType("main")
    sys.modules["main"] = module
    try:
        exec(compiled, module.__dict__)  # noqa: S102 - what this place is for
        if not callable(getattr(module, "main", None)):
            return {"end": "no-main"}, b""
        value = module.main(**job["inputs"])
    except BaseException as error:
        return _raised(error), b""
    return _written(value, int(job["most"]))


def _written(value: Any, most: int) -> Any:
    """Return what to say of a returned value, and its JSON."""
    if value is None:
        return {"end": "nothing"}, b""
    try:
        output = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except MemoryError:
        return {"end": "too-large"}, b""
    except BaseException as error:
        return {"end": "unfit", "message": _unfit(value) or _said(error)}, b""
    if len(output) > most:
        return {"end": "too-large", "bytes": len(output)}, b""
    return {"end": "returned"}, output


def _unfit(value: Any) -> str:
    """Return where in a value something stands that JSON does not have; empty when it cannot be told."""
    waiting, looked = [("output", value)], 0
    while waiting and looked < 100_000:
        at, item = waiting.pop()
        looked += 1
        if len(at) > 400:
            continue  # it is nested too deeply, or in itself
        if isinstance(item, dict):
            odd = next((key for key in item if not isinstance(key, (str, int, float))), None)
            if odd is not None:
                return "a key of " + at + " is of type " + type(odd).__name__
            waiting += [(at + "[" + repr(key)[:40] + "]", inner) for key, inner in item.items()]
        elif isinstance(item, (list, tuple)):
            waiting += [(at + "[" + str(index) + "]", inner) for index, inner in enumerate(item)]
        elif isinstance(item, float) and not math.isfinite(item):
            return at + " is " + repr(item)
        elif not isinstance(item, (str, int, float, type(None))):
            return at + " is of type " + type(item).__name__
    return ""


def _raised(error: BaseException) -> Any:
    """Return what to say of an exception: its message, where it was raised, and what it comes from."""
    told = traceback.TracebackException.from_exception(error)
    _only_theirs(told, 0)
    lines = [frame.lineno for frame in told.stack]
    return {
        "end": "raised",
        "message": _said(error),
        "trace": "".join(told.format())[-TRACED:],
        "line": lines[-1] if lines else None,
        "reason": _reason(error),
    }


def _only_theirs(told: Any, depth: int) -> None:
    """Leave the lines of the person's code in a traceback, and in what led to it."""
    told.stack = traceback.StackSummary.from_list([one for one in told.stack if one.filename == NAME])
    for cause in (told.__cause__, told.__context__):
        if cause is not None and depth < 20:
            _only_theirs(cause, depth + 1)


def _said(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip()[-SAID:]


def _reason(error: BaseException) -> str:
    """Return what kind of trouble an exception tells of, where that can be known."""
    if isinstance(error, SystemExit):
        return "exit"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, ModuleNotFoundError):
        return "module"
    if isinstance(error, KeyError) and _raised_in(error) is type(os.environ).__getitem__.__code__:
        return "environment"
    if isinstance(error, BlockingIOError) or "start new thread" in str(error):
        return "processes"
    for one in (error, getattr(error, "reason", None), error.__cause__, error.__context__):
        if isinstance(one, (socket.gaierror, ConnectionError)) or getattr(one, "errno", 0) in NETWORK:
            return "network"
        if isinstance(one, OSError) and one.errno in FILES and one.filename is not None:
            return "files"
    return ""


def _raised_in(error: BaseException) -> Any:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last.tb_frame.f_code if last is not None else None


if __name__ == "__main__":
    run()
