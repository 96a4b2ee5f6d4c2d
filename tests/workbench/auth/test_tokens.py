"""Which tokens are believed: each of the ways to make one that must not be, tried."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from workbench.auth.tokens import (
    LOGOUT_EVENT,
    Audience,
    TokenRefused,
    UnknownKey,
    issuer_of,
    verify_access_token,
    verify_id_token,
    verify_logout_token,
)

ISSUER = "https://id.example/realms/team"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})
KEYS = KeySet.import_key_set({"keys": [key.as_dict(private=False) for key in (RSA, EC, ED)]})


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a good access token, but for what is `changed`; None takes one away."""
    at = int(time.time())
    good = {"iss": ISSUER, "sub": "ada", "aud": ["account", "workbench"], "iat": at, "exp": at + 60}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def signed(payload: dict[str, Any], key: Any = RSA, **header: Any) -> str:
    head = {"alg": "RS256", "kid": "rsa", **header}
    registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
    return jwt.encode(head, payload, key, registry=registry)


def verified(token: str) -> dict[str, Any]:
    return verify_access_token(token, KEYS, issuer=ISSUER, audience=Audience("workbench"))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
def test_what_was_signed_with_a_published_key_is_believed(key: Any, algorithm: str) -> None:
    assert verified(signed(claims(), key, alg=algorithm, kid=key.kid))["sub"] == "ada"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "tomorrow"}, "exp"),
        ({"exp": True}, "exp"),
        ({"nbf": 4_000_000_000}, "not valid yet"),
        ({"iat": 4_000_000_000}, "future"),
        ({"iss": "https://id.example/realms/other"}, "another issuer"),
        ({"iss": ISSUER + "/"}, "another issuer"),
        ({"iss": None}, "lacks iss"),
        ({"aud": "account"}, "not meant for this workbench"),
        ({"aud": None}, "not meant for this workbench"),
        ({"aud": {"workbench": 1}}, "aud"),
        ({"sub": None}, "lacks sub"),
        ({"sub": ""}, "sub|kind"),
        ({"sub": 7}, "sub"),
        ({"typ": "ID"}, "another kind"),
        ({"typ": "Refresh"}, "another kind"),
        ({"nonce": "n"}, "no access token"),
        ({"events": {LOGOUT_EVENT: {}}}, "no access token"),
        ({"cnf": {"jkt": "x"}}, "bound"),
    ],
)
def test_a_claim_that_is_not_right_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenRefused, match=reason):
        verified(signed(claims(**changed)))


@pytest.mark.parametrize(("name", "seconds"), [("exp", -20), ("nbf", 20), ("iat", 20)])
def test_clocks_may_be_thirty_seconds_apart(name: str, seconds: int) -> None:
    assert verified(signed(claims(**{name: time.time() + seconds})))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_an_unsigned_token_is_refused(algorithm: str, signature: str) -> None:
    with pytest.raises(TokenRefused):
        verified(f"{part({'alg': algorithm, 'kid': 'rsa'})}.{part(claims())}.{signature}")


def test_the_public_key_is_no_shared_secret() -> None:
    text = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(claims())}"
    mac = hmac.digest(RSA.as_pem(private=False), text.encode(), "sha256")
    with pytest.raises(TokenRefused):
        verified(f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


def test_a_token_that_was_changed_is_refused() -> None:
    head, _, signature = signed(claims()).split(".")
    with pytest.raises(TokenRefused):
        verified(f"{head}.{part(claims(sub='eve'))}.{signature}")
    with pytest.raises(TokenRefused):
        verified(f"{head}.{part(claims())}.{signature[:-4]}AAAA")


def test_a_foreign_key_under_a_published_name_is_refused() -> None:
    foreign = RSAKey.generate_key(2048, {"kid": "rsa"})
    with pytest.raises(TokenRefused):
        verified(signed(claims(), foreign))


def test_a_key_that_is_not_published_is_named_as_such() -> None:
    foreign = RSAKey.generate_key(2048, {"kid": "new"})
    with pytest.raises(UnknownKey):
        verified(signed(claims(), foreign, kid="new"))


def test_keys_and_addresses_in_the_header_are_not_looked_at() -> None:
    foreign = RSAKey.generate_key(2048)
    brought = {"jwk": foreign.as_dict(private=False), "jku": "https://evil.example/keys", "x5u": "https://e"}
    for kid in ("rsa", "../../dev/null", "' OR 1=1 --", "rsa\r\nX: y"):
        with pytest.raises(TokenRefused):
            verified(signed(claims(), foreign, kid=kid, **brought))


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "null",
        "undefined",
        ".",
        "..",
        "...",
        "a.b.c",
        "\x00",
        "é.é.é",
        "e30.e30.e30",
        "bnVsbA.bnVsbA.",
        "W10.W10.x",
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        verified(token)
    with pytest.raises(TokenRefused):
        issuer_of(token)


def test_the_party_may_stand_for_the_audience() -> None:
    token = signed(claims(aud="account", azp="workbench"))
    by_party = Audience("workbench", "azp")
    assert verify_access_token(token, KEYS, issuer=ISSUER, audience=by_party)
    with pytest.raises(TokenRefused, match="azp"):
        verify_access_token(signed(claims()), KEYS, issuer=ISSUER, audience=by_party)


def test_an_id_token_answers_one_sign_in_of_one_client() -> None:
    def check(nonce: str | None, **changed: Any) -> object:
        token = signed(claims(aud="workbench", nonce="n", **changed))
        return verify_id_token(token, KEYS, issuer=ISSUER, client_id="workbench", nonce=nonce)

    assert check("n")
    assert check(None)
    with pytest.raises(TokenRefused, match="another sign-in"):
        check("m")
    with pytest.raises(TokenRefused, match="another client"):
        check("n", azp="other")
    with pytest.raises(TokenRefused, match="another kind"):
        check("n", typ="Bearer")


@pytest.mark.parametrize(
    "changed",
    [
        {"events": None},
        {"events": {}},
        {"events": [LOGOUT_EVENT]},
        {"nonce": "n"},
        {"jti": None},
        {"jti": 7},
        {"aud": "other"},
        {"sub": None, "sid": None},
        {"sid": {"a": 1}},
    ],
)
def test_only_a_logout_token_logs_out(changed: dict[str, Any]) -> None:
    good = {"aud": "workbench", "jti": "1", "sid": "s", "events": {LOGOUT_EVENT: {}}}

    def check(**more: Any) -> object:
        token = signed(claims(**{**good, **more}))
        return verify_logout_token(token, KEYS, issuer=ISSUER, client_id="workbench")

    assert check()
    with pytest.raises(TokenRefused):
        check(**changed)
