// Clients whose id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document), as MCP clients have them.

import { Response, type Request } from "miniflare";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { afterEach, describe, expect, test } from "vitest";
import { DEMO } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { fapiClient, signingKey } from "../../support/fapi";
import { type Parameters, oauth, oauthSettings, pkce } from "../../support/oauth";
import { freePort } from "../../support/ports";
import { texts, visitor } from "../../support/visitor";

const ID = "https://tool.example/client.json";
const CALLBACK = "https://tool.example/callback";
const DOCUMENT = { client_id: ID, client_name: "A tool", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" };
const asked: string[] = [];
let host: (request: Request) => Response | Promise<Response>;
const serve =
  (document: unknown, headers: Record<string, string> = {}, status = 200) =>
  () =>
    new Response(typeof document === "string" ? document : JSON.stringify(document), { status, headers });
const port = await freePort();
const issuer = `http://localhost:${port}`;
const { worker } = useWorker({
  port,
  settings: { PUBLIC_URL: issuer, OAUTH_SCOPES: "mcp:tools", ...oauthSettings() },
  floodLimits: { SIGN_IN_LIMIT: 1_000 },
  outside: (request) => (asked.push(request.url), host(request)),
});
const our = oauth(worker);
const request = (parameters: Parameters = {}) => {
  const all = {
    response_type: "code",
    client_id: ID,
    redirect_uri: CALLBACK,
    scope: "openid",
    state: "s",
    ...pkce().challenge,
    ...parameters,
  };
  return `/oauth/authorize?${new URLSearchParams(all as Record<string, string>)}`;
};
const rows = async () => (await worker.rows()).oauth_clients!.filter(({ source }) => source === "document").length;
/** Forgets the clients, and what was asked. */
afterEach(async () => {
  asked.length = 0;
  for (const table of ["consents", "grants", "one_time", "oauth_clients where source = 'document'"])
    await worker.db.prepare(`delete from ${table}`).run();
});

describe("a client that is its document", () => {
  test("is fetched when it is first seen, asks its user by its name, and gets tokens; not again while it is fresh", async () => {
    host = serve(DOCUMENT, { "cache-control": "max-age=3600" });
    const { verifier, challenge } = pkce();
    const ann = visitor(worker);
    const form = await ann.open(request(challenge));
    expect(asked).toEqual([ID]);
    const consent = await ann.submit(form, { username: DEMO.username, password: DEMO.password });
    expect([consent.path.split("?")[0], texts(consent, "h1")]).toEqual(["/consent", ["Let A tool in?"]]);
    expect(consent.html).toContain("You will go back to tool.example.");
    const back = await ann.submit(consent, { allow: "on" });
    const code = back.elsewhere!.searchParams.get("code")!;
    const form2 = { grant_type: "authorization_code", code, redirect_uri: CALLBACK, client_id: ID, code_verifier: verifier };
    const { status, body } = await our.token(form2);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(decode(body.id_token).claims).toMatchObject({ aud: ID });
    expect(asked).toHaveLength(1);
    await worker.db.prepare("update oauth_clients set fresh_until = 1 where source = 'document'").run();
    host = serve({ ...DOCUMENT, redirect_uris: ["https://tool.example/other"] });
    expect((await ann.open(request())).status).toBe(400);
    expect(asked).toHaveLength(2);
    expect(await rows()).toBe(1);
  });

  test.each([
    ["names another", serve({ ...DOCUMENT, client_id: "https://tool.example/other.json" })],
    ["holds a secret", serve({ ...DOCUMENT, client_secret: "s" })],
    ["authenticates by a secret", serve({ ...DOCUMENT, token_endpoint_auth_method: "client_secret_basic" })],
    ["has no name", serve({ ...DOCUMENT, client_name: undefined })],
    ["has no address to go back to", serve({ ...DOCUMENT, redirect_uris: [] })],
    ["is too large", serve({ ...DOCUMENT, padding: "x".repeat(6_000) })],
    ["is no JSON", serve("<html>")],
    ["is an array", serve([DOCUMENT])],
    ["is not there", serve(DOCUMENT, {}, 404)],
    ["is elsewhere", serve("", { location: "https://tool.example/moved.json" }, 302)],
    ["cannot be reached", () => Promise.reject(new Error("away"))],
  ])("is none where the document %s, and leaves no row", async (_, answer) => {
    host = answer;
    const page = await visitor(worker).open(request());
    expect([page.status, texts(page, "h1")]).toEqual([400, ["This app is not known here"]]);
    expect(asked).toEqual([ID]);
    expect(await rows()).toBe(0);
  });

  test.each([
    "http://tool.example/client.json",
    "https://tool.example/",
    "https://tool.example/client.json#x",
    "https://user@tool.example/client.json",
    "https://tool.example/a/../client.json",
    "https://10.0.0.1/client.json",
    "https://169.254.169.254/latest/meta-data",
    "https://[fd00::1]/client.json",
  ])("is not fetched from %s", async (client_id) => {
    host = serve({ ...DOCUMENT, client_id });
    expect((await visitor(worker).open(request({ client_id }))).status).toBe(400);
    expect(asked).toEqual([]);
  });

  test("may begin with a pushed request, which leads its user on", async () => {
    host = serve(DOCUMENT, { "cache-control": "max-age=3600" });
    const { verifier, challenge } = pkce();
    const form = { response_type: "code", client_id: ID, redirect_uri: CALLBACK, scope: "openid", ...challenge };
    const pushed = await our.post("/oauth/par", form);
    expect([pushed.status, asked], JSON.stringify(pushed.body)).toEqual([201, [ID]]);
    const ann = visitor(worker);
    const query = new URLSearchParams({ client_id: ID, request_uri: pushed.body.request_uri });
    const page = await ann.submit(await ann.open(`/oauth/authorize?${query}`), { username: DEMO.username, password: DEMO.password });
    const code = (await ann.submit(page, { allow: "on" })).elsewhere!.searchParams.get("code")!;
    const tokens = await our.token({
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      client_id: ID,
      code_verifier: verifier,
    });
    expect([tokens.status, asked.length], JSON.stringify(tokens.body)).toEqual([200, 1]);
  });

  test("may begin with a device", async () => {
    const grant_types = ["urn:ietf:params:oauth:grant-type:device_code"];
    host = serve({ ...DOCUMENT, grant_types });
    const device = await our.post("/oauth/device", { client_id: ID, scope: "openid" });
    expect([device.status, asked], JSON.stringify(device.body)).toEqual([200, [ID]]);
    const ann = visitor(worker);
    await ann.signIn(DEMO.username, DEMO.password);
    const { user_code } = device.body;
    const page = await ann.submit(await ann.open(`/device?user_code=${user_code}`), { user_code }, { action: "/device" });
    expect(page.html).toContain("A tool");
  });

  test("authenticates by the keys that its document has now", async () => {
    const [old, key] = [signingKey("ES256"), signingKey("ES256")];
    const by = (signing: typeof key) => ({ ...DOCUMENT, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [signing.jwk] } });
    host = serve(by(old), { "cache-control": "max-age=3600" });
    const form = { response_type: "code", redirect_uri: CALLBACK, scope: "openid", ...pkce().challenge };
    const push = (signing: typeof key) => {
      const tool = fapiClient(worker, { id: ID, key: signing });
      return tool.push(form, { by: tool.credentials(tool.assertion({ aud: issuer })) });
    };
    expect((await push(old)).status).toBe(201);
    host = serve(by(key));
    expect((await push(key)).status, "is fresh").toBe(401);
    await worker.db.prepare("update oauth_clients set fresh_until = 1 where source = 'document'").run();
    expect((await push(key)).status).toBe(201);
    expect((await push(old)).status).toBe(401);
  });

  test.each([
    ["/oauth/par", { response_type: "code", redirect_uri: CALLBACK, scope: "openid", ...pkce().challenge }],
    ["/oauth/device", {}],
  ] as [string, Parameters][])("is nobody at %s where its document cannot be read, or not from there", async (path, form) => {
    const count = async () => {
      await worker.settled();
      const rows = await worker.rows({ but: ["hourly_counts"] });
      return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.length]));
    };
    const before = await count();
    for (const [client_id, answer] of [
      [ID, serve("<html>")],
      [ID, serve({ ...DOCUMENT, client_id: "https://tool.example/other.json" })],
      ["https://10.0.0.1/client.json", undefined],
      ["https://[fd00::1]/client.json", undefined],
      ["http://tool.example/client.json", undefined],
    ] as const) {
      asked.length = 0;
      host = answer ?? serve({ ...DOCUMENT, client_id });
      const refused = await our.post(path, { ...form, client_id });
      expect([refused.status, refused.body.error], client_id).toEqual([401, "invalid_client"]);
      expect(asked, client_id).toEqual(answer ? [ID] : []);
    }
    expect(await count()).toEqual(before);
  });

  test("is not learnt at the other endpoints, where nobody comes first", async () => {
    host = serve(DOCUMENT);
    for (const path of ["/oauth/token", "/oauth/revoke"])
      expect((await our.post(path, { grant_type: "authorization_code", code: "x", token: "x", client_id: ID })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  test("leaves no row in the log, and is counted", async () => {
    host = serve(DOCUMENT);
    const before = (await worker.rows()).login_activity!.length;
    await visitor(worker).open(request());
    await worker.settled();
    const { login_activity, hourly_counts } = await worker.rows();
    expect(login_activity).toHaveLength(before);
    expect(hourly_counts!.map(({ kind }) => kind)).toContain("new client");
  });

  test("is said in both documents of ours, at every path that clients try", async () => {
    for (const path of ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])
      expect(await (await worker.fetch(path)).json()).toMatchObject({ issuer, client_id_metadata_document_supported: true });
  });
});

test("the MCP SDK's client takes its document's URL for its id, and registers nothing", async () => {
  const mcp = "https://mcp.example/mcp";
  host = serve({ ...DOCUMENT, grant_types: ["authorization_code", "refresh_token"] });
  const kept: Record<string, any> = {};
  const provider = {
    redirectUrl: CALLBACK,
    clientMetadataUrl: ID,
    clientMetadata: { client_name: "A tool", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" },
    clientInformation: () => kept.client,
    saveClientInformation: (client: object) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens: object) => void (kept.tokens = tokens),
    redirectToAuthorization: (url: URL) => void (kept.url = url),
    saveCodeVerifier: (verifier: string) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
  };
  // The resource's own metadata, which is elsewhere; the rest is ours.
  const fetchFn = async (url: string | URL, init?: RequestInit) =>
    String(url).startsWith("https://mcp.example/")
      ? globalThis.Response.json({ resource: mcp, authorization_servers: [issuer], scopes_supported: ["mcp:tools"] })
      : fetch(url, init);
  expect(await auth(provider as never, { serverUrl: mcp, fetchFn: fetchFn as never })).toBe("REDIRECT");
  expect(kept.client.client_id).toBe(ID);
  const ann = visitor(worker);
  const consent = await ann.submit(await ann.open(kept.url.pathname + kept.url.search), {
    username: DEMO.username,
    password: DEMO.password,
  });
  const back = await ann.submit(consent, { allow: "on" });
  const authorizationCode = back.elsewhere!.searchParams.get("code")!;
  expect(await auth(provider as never, { serverUrl: mcp, authorizationCode, fetchFn: fetchFn as never })).toBe("AUTHORIZED");
  expect(decode(kept.tokens.access_token).claims).toMatchObject({ aud: mcp, client_id: ID, scope: "mcp:tools" });
});
