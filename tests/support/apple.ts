// Apple on loopback, as far as a browser sees it: a page of another site that posts a form to us.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { type IncomingMessage, createServer } from "node:http";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { freePort } from "./ports";

const CLIENT_ID = "com.example.web";

/** Starts it; every visitor is the same person, and signs in by clicking. */
export async function startApple() {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const ours = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" });
  const nonces = new Map<string, string>();

  function page(ask: URLSearchParams) {
    const code = randomBytes(16).toString("hex");
    nonces.set(code, ask.get("nonce") ?? "");
    const user = JSON.stringify({ name: { firstName: "Ann", lastName: "Lee" } }).replaceAll('"', "&quot;");
    return `<!doctype html><title>Apple</title><form method="post" action="${ask.get("redirect_uri")}">
      <input type="hidden" name="code" value="${code}"><input type="hidden" name="state" value="${ask.get("state")}">
      <input type="hidden" name="user" value="${user}"><button>Continue</button></form>`;
  }
  async function token(form: URLSearchParams) {
    const nonce = nonces.get(form.get("code") ?? "");
    if (nonce === undefined) return { error: "invalid_grant" };
    nonces.delete(form.get("code")!);
    const id_token = await new SignJWT({ nonce, email: "ann@example.com", email_verified: "true" })
      .setProtectedHeader({ alg: "RS256", kid: "apple" })
      .setIssuer("https://appleid.apple.com")
      .setAudience(CLIENT_ID)
      .setSubject("000001.ann")
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(privateKey);
    return { access_token: "at", token_type: "Bearer", expires_in: 300, id_token };
  }
  const keys = async () => ({ keys: [{ ...(await exportJWK(publicKey)), kid: "apple", use: "sig", alg: "RS256" }] });

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, origin);
    const json = (body: object) => response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    if (pathname === "/auth/authorize") response.setHeader("content-type", "text/html").end(page(searchParams));
    else if (pathname === "/auth/token") json(await token(new URLSearchParams(await text(request))));
    else if (pathname === "/auth/keys") json(await keys());
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(origin).port), "127.0.0.1", resolve));
  return {
    settings: {
      APPLE_AUTH_CLIENT_ID: CLIENT_ID,
      APPLE_AUTH_TEAM_ID: "TEAM123456",
      APPLE_AUTH_KEY_ID: "KEY7890123",
      APPLE_AUTH_PRIVATE_KEY: String(ours).replaceAll("\n", "\\n"),
      APPLE_AUTH_URL: `${origin}/auth/authorize`,
      APPLE_AUTH_TOKEN_URL: `${origin}/auth/token`,
      APPLE_AUTH_JWKS_URL: `${origin}/auth/keys`,
    },
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

async function text(request: IncomingMessage) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
