"""Web Push: the message to a browser, encrypted for it, and signed as coming from this installation.

Encryption: RFC 8291 with the content coding aes128gcm of RFC 8188, in one record. Identification: VAPID,
RFC 8292. The push service in between learns neither title nor text. The installation's key is derived from
its sealing key; a browser's subscription names the key for which it was made.
"""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, Field

from workbench.services.sealing import SealingKeys

LONGEST = 3_000
"""Bytes of a message: push services take 4,096 encrypted."""

TOKEN_FOR = timedelta(hours=12)
_RECORD = 4_096
_POINT = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group P-256 (NIST SP 800-186)."""


class Keys(BaseModel):
    """A browser's public key and its secret, base64url."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class Subscription(BaseModel):
    """A browser's subscription, as `PushSubscription.toJSON()` has it."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    endpoint: str = Field(max_length=1_000, pattern=r"^https?://")
    keys: Keys


@dataclass(frozen=True)
class Request:
    """What is sent to the push service."""

    headers: dict[str, str]
    body: bytes


def signing_key(keys: SealingKeys, name: str | None = None) -> ec.EllipticCurvePrivateKey:
    """Return the installation's key by its name, the present one without; KeyError when it is gone."""
    derived = keys.derived("workbench-vapid")
    seed = derived[name] if name else next(iter(derived.values()))
    wide = hashlib.blake2b(seed, digest_size=64).digest()  # wide enough that no value is likelier than others
    return ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return what a browser needs to subscribe: `applicationServerKey`, base64url."""
    return _text(key.public_key().public_bytes(*_POINT))


def usable(subscription: Subscription) -> bool:
    """Return whether something can be encrypted for a browser."""
    try:
        encrypted(subscription, b"")
    except (ValueError, InvalidTag):
        return False
    return True


def request(
    subscription: Subscription,
    message: dict[str, str],
    key: ec.EllipticCurvePrivateKey,
    *,
    origin: str,
    at: datetime,
) -> Request:
    """Return the request that brings a message to a browser. It is kept a day for one that is not there."""
    text = json.dumps(message, ensure_ascii=False).encode()
    if len(text) > LONGEST:
        shorter = {**message, "body": message.get("body", "")[:300]}
        text = json.dumps(shorter, ensure_ascii=False).encode()
    headers = {
        "Authorization": f"vapid t={_token(subscription.endpoint, key, origin, at)}, k={public_key(key)}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": "86400",
        "Urgency": "high",
    }
    return Request(headers, encrypted(subscription, text))


def encrypted(subscription: Subscription, text: bytes) -> bytes:
    """Return a text that only the browser of a subscription can read. Raises ValueError for a bad key."""
    theirs_raw, secret = _bytes(subscription.keys.p256dh), _bytes(subscription.keys.auth)
    if len(secret) != 16:
        raise ValueError("The secret of a subscription has 16 bytes")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs_raw)
    once, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    ours_raw = once.public_key().public_bytes(*_POINT)
    shared = once.exchange(ec.ECDH(), theirs)
    material = _derived(shared, secret, b"WebPush: info\0" + theirs_raw + ours_raw, 32)
    content_key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(content_key).encrypt(nonce, text + b"\x02", None)
    return salt + struct.pack(">IB", _RECORD, len(ours_raw)) + ours_raw + sealed


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)


def _token(endpoint: str, key: ec.EllipticCurvePrivateKey, origin: str, at: datetime) -> str:
    """Return the JWT (ES256) that says who sends, to whom."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((at + TOKEN_FOR).timestamp()),
        "sub": origin,
    }
    signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_text(r.to_bytes(32) + s.to_bytes(32))}"


def _json(value: dict[str, object]) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
