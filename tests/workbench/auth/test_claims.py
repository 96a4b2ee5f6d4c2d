"""From claims to what somebody gets."""

from typing import Any

import pytest

from workbench.auth.claims import Grants, Rule, granted, said, somebody

KEYCLOAK = {
    "sub": "1",
    "realm_access": {"roles": ["designer", "offline_access"]},
    "resource_access": {"workbench": {"roles": ["administrator"]}, "other": {"roles": ["operator"]}},
    "groups": ["/research/physics", "people"],
}
RULES = (
    Rule("realm_role", "designer", workspace_id="w", role="designer"),
    Rule("realm_role", "operator", workspace_id="w", role="operator"),
    Rule("client_role", "administrator", administrator=True),
    Rule("group", "/research/physics", group_id="physics"),
    Rule("group", "people", workspace_id="w", role="viewer"),
)


def given(claims: dict[str, Any]) -> Grants:
    return granted(RULES, said(claims, client_id="workbench", groups_claim="groups"))


def test_roles_and_groups_give_what_the_table_says() -> None:
    roles = frozenset({("w", "designer"), ("w", "viewer")})
    assert given(KEYCLOAK) == Grants(roles, frozenset({"physics"}), administrator=True)


def test_a_role_of_one_kind_is_none_of_another() -> None:
    assert given({"sub": "1", "realm_access": {"roles": ["administrator"]}}) == Grants()
    assert given({"sub": "1", "groups": ["designer"]}) == Grants()


@pytest.mark.parametrize(
    "strange", [None, 7, "designer", ["designer"], {"roles": {"designer": True}}, {"roles": [1]}]
)
def test_claims_of_a_strange_shape_give_nothing(strange: Any) -> None:
    claims = {"sub": "1", "realm_access": strange, "resource_access": strange, "groups": {"a": "people"}}
    assert given(claims) == Grants()


def test_roles_of_a_provider_that_has_them_in_one_claim_are_the_client_s() -> None:
    assert given({"sub": "1", "roles": ["administrator"]}).administrator


def test_an_address_counts_if_it_is_verified_or_its_provider_is_trusted() -> None:
    claims = {"sub": "1", "email": "ada@example.org", "email_verified": "true"}
    assert somebody(claims).email is None
    assert somebody(claims, trust_emails=True).email == "ada@example.org"
    assert somebody({**claims, "email_verified": True}).email == "ada@example.org"


def test_a_program_is_told_from_a_person() -> None:
    program = {"sub": "1", "azp": "reports", "preferred_username": "service-account-reports"}
    assert (somebody(program).kind, somebody(program).name) == ("service", "reports")
    assert somebody({"sub": "reports", "client_id": "reports"}).kind == "service"
    assert somebody({"sub": "1", "azp": "workbench", "preferred_username": "ada"}).kind == "person"


def test_a_name_is_a_line() -> None:
    assert somebody({"sub": "1", "name": " Ada\r\nX: y\x00 "}).name == "AdaX: y"
    assert len(somebody({"sub": "1", "name": "a" * 1_000}).name) == 200
