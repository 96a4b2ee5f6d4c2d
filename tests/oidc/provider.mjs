// A provider of OpenID Connect that is not ours, for tests: `provider.mjs <port> <redirect URI>`.
// Access tokens are JWTs signed with ES256. Who signs in is asked on a page of its own; there are no passwords.
// Everybody is somebody here: kim-1 has the verified address kim-1@example.org and groups; of lou-1 the address is
// not verified, and there are no groups.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const disabled = new Set();
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const api = {
  scope: "api",
  audience: "workbench",
  accessTokenTTL: 60,
  accessTokenFormat: "jwt",
  jwt: { sign: { alg: "ES256" } },
};

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...key, kid: "one", alg: "ES256", use: "sig" }] },
  clients: [
    {
      client_id: "workbench",
      client_secret: "of-the-tests-only",
      redirect_uris: [redirect],
      grant_types: ["authorization_code", "refresh_token"],
      id_token_signed_response_alg: "ES256",
      token_endpoint_auth_method: "client_secret_basic",
      backchannel_logout_uri: redirect.replace("/callback", "/backchannel-logout"),
      backchannel_logout_session_required: true,
    },
  ],
  findAccount: (_, id) => {
    const claims = { sub: id, name: id, email: `${id}@example.org`, email_verified: id.startsWith("kim") };
    return disabled.has(id) ? undefined : { accountId: id, claims: () => claims };
  },
  claims: { openid: ["sub", "sid"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  extraTokenClaims: (_, token) => ({ groups: token.accountId.startsWith("kim") ? ["/reviewers", "people"] : [] }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:workbench",
      useGrantedResource: () => true,
      getResourceServerInfo: () => api,
    },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile offline_access");
    grant.addResourceScope("urn:workbench", "api");
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname.startsWith("/interaction/")) {
    const accountId = url.searchParams.get("as");
    if (accountId) return provider.interactionFinished(request, response, { login: { accountId } });
    response.setHeader("Content-Type", "text/html");
    return response.end("Who are you? Add ?as=<account>.");
  }
  if (url.pathname === "/disable") {
    disabled.add(url.searchParams.get("who"));
    return response.end();
  }
  return answer(request, response);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
