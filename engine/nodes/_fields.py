"""Checks that several config models share: a field that holds a literal or an expression."""

import re
from datetime import datetime

from engine.expressions import has_expression, read

STATUS_RANGE = re.compile(r"[1-5]xx")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def an_expression(value: str) -> str:
    """Return `value` when it holds an expression; ValueError otherwise."""
    if not has_expression(value):
        raise ValueError("Must be a number or an expression such as {{ inputs.seconds }}")
    return value


def one_expression(value: str) -> str:
    """Return `value` when it is exactly one expression; any other text would always count as true."""
    source = read(value)
    if not source.faults and not source.native:
        raise ValueError("Must be exactly one expression such as {{ nodes.fetch.output.total > 3 }}")
    return value


def a_header_name(value: str) -> str:
    """Return `value` when it is a header's name (RFC 9110, 5.1); ValueError otherwise."""
    if not HEADER_NAME.fullmatch(value):
        raise ValueError("Must have header names of letters, digits and - such as X-Request-Id")
    return value


def an_instant_or_expression(value: str) -> str:
    """Return `value` when it is an aware ISO 8601 instant or holds an expression; ValueError otherwise."""
    if has_expression(value):
        return value
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("Must be an instant such as 2030-01-31T09:00:00Z, or an expression") from error
    if instant.tzinfo is None:
        raise ValueError("Must say its offset, such as 2030-01-31T09:00:00Z")
    return value


def a_status(value: str) -> str:
    """Return `value` when it is a class of HTTP status codes such as `2xx`; ValueError otherwise."""
    if not STATUS_RANGE.fullmatch(value):
        raise ValueError("Must be a status code such as 404, or a class such as 2xx")
    return value


def a_web_address_or_expression(value: str) -> str:
    """Return `value` when it is an http(s) URL or holds an expression; ValueError otherwise."""
    if not has_expression(value) and not re.match(r"https?://[^/\s]", value, re.IGNORECASE):
        raise ValueError("Must begin with http:// or https://, or be an expression such as {{ inputs.url }}")
    return value
