"""Time spans in words."""


def spoken(milliseconds: float | None) -> str:
    """Return a time span as people say it: `3 ms`, `1.2 s`, `4 min 5 s`; empty for None."""
    if milliseconds is None:
        return ""
    if milliseconds < 1:
        return "< 1 ms"
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1_000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
