"""What an administrator sets about a provider: whom it may bring, and where its tokens say what."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from workbench.auth.tokens import Audience

Claim = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]{1,200}$")]


class ProviderSettings(BaseModel):
    """`create_people`: whoever it signs in gets an account, at first without any role.

    `link_by_email`: a verified address finds the account of the same address, and takes it over.
    `trust_emails`: its addresses count as verified, also where the tokens do not say so.
    `service_accounts`: programs that it gives tokens to may call the API.
    `introspect`: it is asked whether it still stands by a token that the API gets, where it can be asked.
    An `audience` that is not given is the client's id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5b\x5d-\x7e ]{1,400}$")] = (
        "openid profile email"
    )
    audience: Annotated[str, Field(max_length=400)] = ""
    audience_claim: Literal["aud", "azp"] = "aud"
    groups_claim: Claim = "groups"
    create_people: bool = True
    link_by_email: bool = False
    trust_emails: bool = False
    service_accounts: bool = False
    introspect: bool = True

    def expected(self, client_id: str) -> Audience:
        """Return whom access tokens have to be meant for."""
        return Audience(self.audience or client_id, self.audience_claim)
