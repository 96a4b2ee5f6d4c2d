"""Which settings of a trigger the inspector shows, for each type, and how each is edited."""

from dataclasses import dataclass
from typing import Literal

Widget = Literal["text", "number", "select", "json", "list", "keyvalue"]


@dataclass(frozen=True)
class Setting:
    """A setting by its path below `config`. `when` shows it only where another setting has a value.

    `default` is what stands there without a value of its own; `seldom` puts it below a fold.
    """

    path: str
    title: str
    widget: Widget = "text"
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()
    default: str = ""
    when: tuple[str, str] | None = None
    seldom: bool = False


_TOKEN, _HMAC, _WAIT = ("check.kind", "token"), ("check.kind", "hmac"), ("answer.mode", "wait")
_CRON, _EVERY = ("timing", "cron"), ("timing", "every_s")

SETTINGS: dict[str, tuple[Setting, ...]] = {
    "webhook": (
        Setting(
            "check.kind",
            "Callers prove themselves by",
            "select",
            options=(("none", "Nothing but the address"), ("token", "A token"), ("hmac", "A signature")),
            default="none",
        ),
        Setting("check.secret", "Secret", description="Its name in Settings → Secrets.", when=_TOKEN),
        Setting(
            "check.place",
            "Token in",
            "select",
            options=(("header", "A header"), ("query", "The address")),
            default="header",
            when=_TOKEN,
        ),
        Setting("check.name", "Header or parameter", default="Authorization", when=_TOKEN),
        Setting("check.prefix", "Before the token", description="For instance “Bearer ”.", when=_TOKEN),
        Setting("check.secret", "Secret", description="Its name in Settings → Secrets.", when=_HMAC),
        Setting("check.header", "Signature's header", default="X-Hub-Signature-256", when=_HMAC),
        Setting("check.prefix", "Before the signature", default="sha256=", when=_HMAC),
        Setting(
            "check.algorithm",
            "Algorithm",
            "select",
            options=(("sha256", "SHA-256"), ("sha512", "SHA-512"), ("sha1", "SHA-1")),
            default="sha256",
            when=_HMAC,
            seldom=True,
        ),
        Setting(
            "check.encoding",
            "Written as",
            "select",
            options=(("hex", "Hexadecimal"), ("base64", "Base64")),
            default="hex",
            when=_HMAC,
            seldom=True,
        ),
        Setting("check.signed", "What is signed", default="{body}", when=_HMAC, seldom=True),
        Setting("check.timestamp_header", "Timestamp's header", when=_HMAC, seldom=True),
        Setting("check.timestamp_prefix", "Before the timestamp", when=_HMAC, seldom=True),
        Setting("check.tolerance_s", "Oldest, in seconds", "number", default="300", when=_HMAC, seldom=True),
        Setting(
            "answer.mode",
            "Answer",
            "select",
            options=(("at_once", "At once: 202 and the run's address"), ("wait", "With what the run gives")),
            default="at_once",
        ),
        Setting("answer.wait_s", "Wait at most, in seconds", "number", default="30", when=_WAIT),
        Setting("answer.body", "Body", "json", default="{{ outputs }}", when=_WAIT),
        Setting("answer.status", "Status", "json", default="200", when=_WAIT, seldom=True),
        Setting("answer.headers", "Headers", "keyvalue", when=_WAIT, seldom=True),
        Setting("methods", "Methods", "list", default="POST", seldom=True),
        Setting(
            "body_schema",
            "Schema of the body",
            "json",
            description="A JSON Schema; what does not fit is refused with the reasons.",
            seldom=True,
        ),
        Setting("max_bytes", "Largest body, in bytes", "number", default="1000000", seldom=True),
        Setting(
            "idempotency_header",
            "Idempotency header",
            description="Requests with the same value there start one run.",
            default="Idempotency-Key",
            seldom=True,
        ),
    ),
    "schedule": (
        Setting(
            "timing",
            "When",
            "select",
            options=(("cron", "Times of a calendar"), ("every_s", "An interval")),
            default="cron",
        ),
        Setting(
            "cron", "Cron", description="Minute, hour, day, month, weekday: 30 9 * * mon-fri.", when=_CRON
        ),
        Setting("time_zone", "Time zone", default="UTC", when=_CRON),
        Setting("every_s", "Every so many seconds", "number", when=_EVERY),
        Setting("offset_s", "Shifted by, in seconds", "number", default="0", when=_EVERY, seldom=True),
        Setting(
            "overlap",
            "While one is under way",
            "select",
            options=(
                ("skip", "Leave the next one out"),
                ("wait", "The next one waits"),
                ("allow", "Start the next one beside it"),
                ("cancel", "Cancel it for the next one"),
            ),
            default="skip",
        ),
        Setting(
            "catch_up_s",
            "Make up for, in seconds",
            "number",
            description="Runs missed while the workbench was off are started when it is back.",
            default="3600",
            seldom=True,
        ),
    ),
    "workflow_end": (
        Setting("workflow", "Workflow", "select"),
        Setting("statuses", "Ends that count", "list", default="succeeded"),
    ),
}

TITLES = {"webhook": "Webhook", "schedule": "Schedule", "workflow_end": "Another workflow's end"}
ICONS = {"webhook": "webhook", "schedule": "calendar-clock", "workflow_end": "link"}
