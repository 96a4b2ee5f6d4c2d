"""A page that says one thing, for a person whose browser was sent to the API by somebody else.

It stands by itself: no script, nothing loaded, so that it is shown whatever does not work.
"""

import base64
import hashlib
from html import escape

from fastapi.responses import HTMLResponse

_STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#FBFAF7;color:#1C1B1A;"
    "font:15px/1.5 Inter,system-ui,sans-serif}main{max-width:26rem;padding:24px}"
    "h1{font-size:20px;margin:0 0 8px}"
    "p{margin:0 0 16px;overflow-wrap:anywhere}a{color:#5151cd}@media(prefers-color-scheme:dark)"
    "{body{background:#141416;color:#ECEAE6}a{color:#b1a9ff}}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def notice(status: int, title: str, text: str, link: tuple[str, str]) -> HTMLResponse:
    """Return a page with a title, a sentence, and a link (address, words)."""
    href, words = link
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} · Workbench</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p role="alert">{escape(text)}</p>'
        f'<a href="{escape(href)}">{escape(words)}</a></main></body></html>'
    )
    headers = {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(page, status_code=status, headers=headers)
