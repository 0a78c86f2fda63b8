// A provider that does not answer, for a moment or for days: no request waits long for it, and what it
// said before stays good for a day.

import { randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { nested } from "../../support/api";
import { browser } from "../../support/browser";
import { useWorker } from "../../support/fixtures";
import {
  ALL_SETTINGS,
  GOOGLE,
  KEYCLOAK_ROW,
  type Person,
  type Replacement,
  json,
  metadata,
  startOutside,
} from "../../support/identity_provider";

const outside = await startOutside();
const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const open = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS, SOCIAL_SIGN_UP: "keycloak,google", SERVICESTACK_CLIENT_ID: "demo-web" };
const { worker, their } = useWorker({ settings: { ...ALL_SETTINGS, ...open }, outside: outside.handle });
// A fresh isolate remembers nothing, and its clock is right.
beforeEach(() => worker.restart({}));
afterEach(() => outside.reset());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const someone = (): Person => ({ sub: randomUUID(), given_name: "Eve" });
const start = () => browser(worker).start(KEYCLOAK_ROW);
const bring = (accessToken: string) => their.post("/api/Authenticate", { provider: "keycloak", accessToken });
/** Sets the worker's clock ahead. */
const later = (milliseconds: number) => worker.fetch("/health", { headers: { "x-meddle": JSON.stringify({ later: milliseconds }) } });

const hang: Replacement = () => new Promise<Response>((resolve) => setTimeout(resolve, 30_000, json({})).unref());
const refuse: Replacement = () => {
  throw new Error("connection refused");
};
const EVERYTHING = [
  KEYCLOAK_ROW.discovery!,
  "https://kc.example/auth/realms/demo/.well-known/openid-configuration",
  KEYCLOAK_ROW.keys!,
  KEYCLOAK_ROW.token,
  KEYCLOAK_ROW.profile!,
  KEYCLOAK_ROW.check!,
];
const all = (replacement: Replacement) => EVERYTHING.forEach((url) => outside.replace(url, replacement));

async function timed<T>(act: () => Promise<T>): Promise<[T, number]> {
  const begun = Date.now();
  return [await act(), Date.now() - begun];
}

describe("a provider that hangs", () => {
  test("holds a request up for ten seconds, for any question", { timeout: 60_000 }, async () => {
    const token = outside.issue(KEYCLOAK_ROW, someone());
    all(hang);
    const [[answer, milliseconds], [brought, also]] = await Promise.all([timed(start), timed(() => bring(token))]);
    expect(answer.status).toBe(503);
    expect(brought.status).toBe(503);
    for (const waited of [milliseconds, also]) {
      expect(waited).toBeGreaterThan(9_000);
      expect(waited, "each call on its own would be given as long again").toBeLessThan(18_000);
    }
  });

  test("holds it up no longer where it answers some of its questions", { timeout: 60_000 }, async () => {
    const slow: Replacement = async (_, usual) => {
      const answer = await usual();
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      return answer;
    };
    const app = browser(worker);
    const fields = await app.begin(outside, GOOGLE, { sub: randomUUID() });
    outside.replace(GOOGLE.token, slow);
    outside.replace(GOOGLE.keys!, slow);
    const [answer, milliseconds] = await timed(() => app.back(GOOGLE, fields));
    expect(answer.body).toEqual(nested("Invalid Credentials"));
    expect(milliseconds).toBeGreaterThan(9_000);
    expect(milliseconds).toBeLessThan(18_000);
  });

  test("holds one start up for a moment where its document is remembered, and the next not at all", { timeout: 60_000 }, async () => {
    outside.replace(KEYCLOAK_ROW.discovery!, () => json(metadata(KEYCLOAK_ROW), 200, { "cache-control": "no-cache" }));
    expect((await start()).status).toBe(302);
    await later(2 * MINUTE);
    all(hang);
    const [first, milliseconds] = await timed(start);
    expect(first.status).toBe(302);
    expect(milliseconds).toBeLessThan(9_000);
    const calls = outside.sent.length;
    const rest = await timed(() => Promise.all(Array.from({ length: 5 }, start)));
    expect(rest[0].map(({ status }) => status)).toEqual([302, 302, 302, 302, 302]);
    expect(rest[1], "of five, each would wait three seconds").toBeLessThan(3_000);
    expect(outside.sent.length, "it is tried again every ten seconds at most").toBe(calls);
    await later(2 * MINUTE + 11_000);
    expect((await start()).status).toBe(302);
    expect(outside.sent.length).toBeGreaterThan(calls);
  });
});

describe.each<[string, Replacement]>([
  ["refuses connections", refuse],
  ["answers with a failure", () => new Response("", { status: 503 })],
  ["shows a page", () => new Response("<html>We are back soon</html>")],
  ["says that it is another", () => json({ ...metadata(KEYCLOAK_ROW), issuer: "https://other.example" })],
])("a provider that %s", (_, away) => {
  test("is believed in its last words for a day, though it said no-cache, and no longer", async () => {
    const keep = { "cache-control": "no-cache" };
    outside.replace(KEYCLOAK_ROW.discovery!, () => json(metadata(KEYCLOAK_ROW), 200, keep));
    outside.replace(KEYCLOAK_ROW.keys!, () => json({ keys: [outside.jwk] }, 200, keep));
    expect((await bring(await outside.idToken(KEYCLOAK_ROW, someone()))).status).toBe(200);
    const tokenAt = (milliseconds: number) => {
      outside.changeClaims((claims) => ({
        ...claims,
        iat: (claims.iat as number) + milliseconds / 1000,
        exp: (claims.exp as number) + milliseconds / 1000,
      }));
      return outside.idToken(KEYCLOAK_ROW, someone());
    };
    all(away);
    for (const time of [2 * MINUTE, HOUR, 23 * HOUR]) {
      await later(time);
      expect((await start()).status).toBe(302);
      expect((await bring(await tokenAt(time))).status).toBe(200);
    }
    expect(await worker.printed()).toContain("cannot be fetched again, the last one stays");
    await later(25 * HOUR);
    expect((await start()).status).toBe(503);
    expect((await bring(await tokenAt(25 * HOUR))).status).toBe(503);
  });
});

test("a provider that is back is asked again, and believed in its new words", async () => {
  expect((await start()).status).toBe(302);
  await later(2 * HOUR);
  all(refuse);
  expect((await start()).status).toBe(302);
  const moved = "https://kc.example/somewhere/else";
  outside.reset();
  outside.replace(KEYCLOAK_ROW.discovery!, () => json({ ...metadata(KEYCLOAK_ROW), authorization_endpoint: moved }));
  await later(2 * HOUR + 11_000);
  expect((await start()).headers.get("location")).toContain(`${moved}?`);
});

test("a provider is found when its document moves to the other layout, and stays found", async () => {
  const old = { ...KEYCLOAK_ROW, issuer: "https://kc.example/auth/realms/demo" };
  const elsewhere = "https://kc.example/auth/authorize";
  expect((await start()).status).toBe(302);
  outside.replace(KEYCLOAK_ROW.discovery!, () => new Response("", { status: 404 }));
  outside.replace(`${old.issuer}/.well-known/openid-configuration`, () => json({ ...metadata(old), authorization_endpoint: elsewhere }));
  await later(2 * HOUR);
  for (let n = 0; n < 3; n++) expect((await start()).headers.get("location")).toContain(`${elsewhere}?`);
});
