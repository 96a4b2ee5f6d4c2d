"""What an issuer says of itself: asked once, asked again when it has new keys, believed while it is away."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from workbench.auth import oidc
from workbench.auth.oidc import Issuer, discover
from workbench.auth.tokens import Audience, Claims, UnknownKey, verify_access_token
from workbench.errors import Unavailable


class Answering:
    """An issuer on this machine: `answers` by path, `asked` how often."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: Counter[str] = Counter()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked[self.path] += 1
                body = outer.answers.get(self.path)
                self.send_response(200 if body is not None else 500)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.publish(RSAKey.generate_key(2048, {"kid": "first"}))
        self.answers["/.well-known/openid-configuration"] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }

    def publish(self, key: RSAKey) -> None:
        """Let this be the key from now on."""
        self.key = key
        self.answers["/keys"] = {"keys": [key.as_dict(private=False)]}

    def token(self, key: RSAKey | None = None) -> str:
        """Return a token for the workbench."""
        key, at = key or self.key, int(time.time())
        claims = {"iss": self.url, "sub": "ada", "aud": "workbench", "iat": at, "exp": at + 60}
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    async def verified(self, issuer: Issuer, token: str) -> Claims:
        def check(keys: KeySet) -> Claims:
            return verify_access_token(token, keys, issuer=self.url, audience=Audience("workbench"))

        return await issuer.verified(check)


@pytest.fixture
def answering() -> Iterator[Answering]:
    answering = Answering()
    thread = Thread(target=answering.server.serve_forever, daemon=True)
    thread.start()
    yield answering
    answering.server.shutdown()
    answering.server.server_close()


async def test_keys_are_asked_for_once(answering: Answering) -> None:
    issuer = Issuer(answering.url)
    for _ in range(3):
        await answering.verified(issuer, answering.token())
    assert answering.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}


async def test_a_key_that_is_new_is_found(answering: Answering) -> None:
    issuer = Issuer(answering.url)
    await answering.verified(issuer, answering.token())
    answering.publish(RSAKey.generate_key(2048, {"kid": "second"}))
    assert (await answering.verified(issuer, answering.token()))["sub"] == "ada"
    assert answering.asked["/keys"] == 2


async def test_tokens_with_invented_keys_cost_the_provider_one_question(answering: Answering) -> None:
    issuer = Issuer(answering.url)
    for number in range(2):
        invented = RSAKey.generate_key(2048, {"kid": f"invented-{number}"})
        with pytest.raises(UnknownKey):
            await answering.verified(issuer, answering.token(invented))
    assert answering.asked["/keys"] == 2


async def test_what_is_known_is_believed_while_the_provider_is_away(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer(answering.url)
    await answering.verified(issuer, answering.token())
    answering.answers.clear()
    monkeypatch.setattr(oidc, "KEPT_S", 0.0)
    assert await answering.verified(issuer, answering.token())


async def test_a_provider_that_was_never_there_is_told_of(answering: Answering) -> None:
    answering.answers.clear()
    with pytest.raises(Unavailable, match="HTTP 500"):
        await Issuer(answering.url).metadata()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"issuer": "https://elsewhere.example"}, "calls itself"),
        ({"token_endpoint": "http://elsewhere.example/token"}, "token_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"jwks_uri": None}, "jwks_uri"),
    ],
)
async def test_a_discovery_document_that_leads_astray_is_refused(
    answering: Answering, document: dict[str, Any], reason: str
) -> None:
    answering.answers["/.well-known/openid-configuration"] |= document
    with pytest.raises(Unavailable, match=reason):
        await discover(answering.url)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{" * 100_000, b" " * 2_000_000])
async def test_what_is_no_discovery_document_is_refused(answering: Answering, body: bytes) -> None:
    answering.answers["/.well-known/openid-configuration"] = body
    with pytest.raises(Unavailable):
        await discover(answering.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example",
        "ftp://id.example",
        "https://",
        "https://a:b@id.example",
        "https://id.example#x",
        "id",
    ],
)
def test_an_issuer_has_an_address_with_tls(url: str) -> None:
    with pytest.raises(ValueError, match="It has to"):
        oidc.checked_url(url)
