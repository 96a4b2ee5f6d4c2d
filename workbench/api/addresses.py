"""From where a request comes: for rate limits, the audit log and a person's list of sessions."""

from starlette.requests import HTTPConnection

from workbench.settings import get_settings


def address_of(request: HTTPConnection) -> str:
    """Return the caller's address.

    What stands in `X-Forwarded-For` anybody can have written, but for its end: each proxy adds whom it heard
    from. So with `proxy_hops` proxies of the operator's, it is that many entries from the end that counts.
    """
    hops = get_settings().proxy_hops
    peer = request.client.host if request.client else ""
    heard = [one.strip() for one in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    known = [one for one in heard if one]
    return known[-hops][:100] if 0 < hops <= len(known) else peer
