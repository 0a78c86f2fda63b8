// Signing in with a real OpenID provider, over real HTTP, with nothing in between that pretends.

import { fetch as realFetch } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { DEMO_MOBILE, DEMO_WEB, api, flat, nested } from "../../support/api";
import { type Wishes, startOpenIdProvider } from "../../support/openid_provider";
import { person as personAt } from "../../support/person";
import { freePort } from "../../support/ports";
import { type Worker, startWorker } from "../../support/worker";

const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const OPEN = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS, SOCIAL_SIGN_UP: "keycloak" };
const VARIANTS: Omit<Wishes, "publicUrl">[] = [
  { alg: "RS256", clientAuth: "client_secret_post" },
  { alg: "PS256", clientAuth: "client_secret_basic" },
  { alg: "ES256", clientAuth: "client_secret_post" },
  { alg: "EdDSA", clientAuth: "client_secret_basic" },
];

describe.each(VARIANTS)("a realm that signs with $alg and takes $clientAuth", ({ alg, clientAuth }) => {
  let worker: Worker;
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let publicUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    publicUrl = `http://127.0.0.1:${port}`;
    provider = await startOpenIdProvider({ publicUrl, alg, clientAuth });
    const settings = { PUBLIC_URL: publicUrl, ...provider.settings, ...OPEN };
    worker = await startWorker({ settings, port, outside: (request) => realFetch(request) });
  });
  afterAll(async () => {
    await worker?.stop();
    await provider?.stop();
  });

  const person = (login: string) => personAt(login, "http://localhost:5173/");

  async function signIn(login: string) {
    const browser = person(login);
    const start = await browser.go(`${publicUrl}/auth/keycloak`, { ...DEMO_WEB, state: "theirs" });
    expect(start.status, start.text).toBe(302);
    const end = await browser.through(start.next!);
    expect(end.next, end.text + worker.log() + provider.errors.join("\n")).toBeDefined();
    const url = new URL(end.next!);
    expect(url.searchParams.get("state")).toBe("theirs");
    const token = await api(worker).token(url.searchParams.get("code")!);
    expect(token.status).toBe(200);
    return { browser, pair: token.body };
  }

  test("a person signs in, consents, comes back, and has an account", async () => {
    const our = api(worker);
    const { pair } = await signIn("ann");
    const me = (await our.me(pair.accessToken)).body;
    expect(me).toMatchObject({ username: "ann@example.com", email: "ann@example.com", firstName: "Ann", lastName: "Lee" });
    const next = (await our.refresh(pair)).body;
    expect((await our.me(next.accessToken)).body.id).toBe(me.id);
    const again = await signIn("ann");
    expect((await our.me(again.pair.accessToken)).body.id, "the same person").toBe(me.id);
  });

  test("signing out ends the session there too", async () => {
    const our = api(worker);
    const { pair } = await signIn("bob");
    const before = provider.ended.length;
    const answer = await our.post("/keycloak/logout", { refreshToken: pair.refreshToken }, our.bearer(pair.accessToken));
    expect(answer.status).toBe(200);
    await worker.settled();
    expect(provider.ended).toHaveLength(before + 1);
    expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("a person who refuses goes back to the client with the refusal", async () => {
    const browser = person("eve");
    const start = await browser.go(`${publicUrl}/auth/keycloak`, { ...DEMO_WEB, state: "theirs" });
    let page = await browser.go(start.next!);
    while (page.next) page = await browser.go(page.next);
    const abort = new URL(/href="([^"]+\/abort)"/.exec(page.text)![1]!, provider.host).href;
    const end = await browser.through(abort);
    const { searchParams } = new URL(end.next!);
    expect(searchParams.get("error")).toBe("access_denied");
    expect(searchParams.get("state")).toBe("theirs");
  });

  test("a code of the provider's is spent by us alone, and a return works once", async () => {
    const browser = person("ann");
    const start = await browser.go(`${publicUrl}/auth/keycloak`, DEMO_MOBILE);
    const end = await browser.through(start.next!);
    expect(end.status, end.text).toBe(200);
    expect(Object.keys(JSON.parse(end.text))).toEqual(["accessToken", "refreshToken", "expires"]);
    const state = new URL(start.next!).searchParams.get("state")!;
    const replay = await browser.go(`${publicUrl}/auth/keycloak-auth-redirect?code=x&state=${state}`);
    expect(JSON.parse(replay.text)).toEqual(flat(401, "Client Invalid"));
  });
});
