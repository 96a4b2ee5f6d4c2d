"""One-time codes of an authenticator app: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds.

Those are what every app takes. A code of the step before or after counts as well: clocks differ.
"""

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
_APART = 1


def new_secret() -> str:
    """Return a new shared secret, 160 bits in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """Return the code of a time step (RFC 4226, section 5.3)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: str, given: str, *, at: float) -> int | None:
    """Return the time step whose code was `given` around the instant `at` (s); None for a wrong code."""
    text = "".join(given.split())
    present = int(at) // STEP_S
    if not (text.isascii() and text.isdigit()):
        return None
    near = (step for step in range(present - _APART, present + _APART + 1))
    return next((step for step in near if hmac.compare_digest(code(secret, step), text)), None)


def address(secret: str, *, account: str, issuer: str) -> str:
    """Return what an authenticator app reads from a QR code."""
    label = quote(f"{issuer}:{account}", safe="@:")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
