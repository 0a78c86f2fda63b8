// Clients hear of the end of a session at once, whoever ended it (OpenID Connect Back-Channel Logout 1.0): no test here
// waits for the minute's cron.

import { Response } from "miniflare";
import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { CALLBACK, browserOf, oauth, oauthSettings, putClient } from "../../support/oauth";
import { PASSWORD, aUser } from "../../support/seed";
import { visitor } from "../../support/visitor";

const ADDRESS = "https://app.example/backchannel";
const heard: Record<string, any>[] = [];
const { worker, our: arc } = useWorker({
  settings: oauthSettings(),
  outside: async (request) => {
    expect([request.method, request.url]).toEqual(["POST", ADDRESS]);
    heard.push(decode(new URLSearchParams(await request.text()).get("logout_token")!).claims);
    return new Response(null, { status: 204 });
  },
});
const our = oauth(worker);

beforeAll(() => putClient(worker, "demo-web", { backchannel_logout_uri: ADDRESS }));

/** Somebody in a session of the client, which came from a browser at our pages. */
async function aMember() {
  const user = await aUser(worker);
  const browser = await browserOf(worker, user.username);
  const { told } = await our.authorize({}, browser.headers);
  const redeem = () => our.token({ grant_type: "authorization_code", code: told.code, redirect_uri: CALLBACK }, our.web);
  const { body } = await redeem();
  return { ...user, browser, redeem, tokens: body, sid: decode(body.id_token).claims.sid as string };
}
type Member = Awaited<ReturnType<typeof aMember>>;

const ENDS: [string, (ann: Member) => Promise<unknown>][] = [
  ["its code is sent again", (ann) => ann.redeem()],
  ["its refresh token is revoked", (ann) => our.post("/oauth/revoke", { token: ann.tokens.refresh_token }, our.web)],
  [
    "its user changes the password at the ARC API",
    async (ann) => {
      const pair = await arc.signIn({ username: ann.username, password: PASSWORD });
      const change = { refreshToken: pair.refreshToken, username: ann.username, oldPassword: PASSWORD, password: "another long one" };
      const answer = await arc.send("PATCH", "/auth/change-password", {
        body: JSON.stringify(change),
        headers: { ...arc.bearer(pair.accessToken), "content-type": "application/json" },
      });
      expect(answer.status, answer.text).toBe(200);
    },
  ],
  [
    "an administrator ends the user's sessions",
    async (ann) => {
      const admin = await arc.signIn(ADMIN);
      const answer = await arc.send("DELETE", `/users/${ann.id}/sessions`, { headers: arc.bearer(admin.accessToken) });
      expect(answer.status, answer.text).toBe(204);
    },
  ],
  [
    "its user signs out at our pages",
    async (ann) => {
      const visit = visitor(worker);
      visit.jar.set("__Host-edgelatch", ann.browser.headers.cookie.split("=")[1]!);
      await visit.submit(await visit.open("/account"), {}, { action: "/sign-out" });
    },
  ],
];

describe("a client with a backchannel_logout_uri hears of a session's end", () => {
  test.each(ENDS)("when %s", async (_, end) => {
    const ann = await aMember();
    await end(ann);
    const told = () => heard.filter(({ sid }) => sid === ann.sid);
    await expect.poll(() => told().length, { timeout: 10_000 }).toBe(1);
    expect(told()[0]).toMatchObject({ aud: "demo-web", sub: ann.id, jti: expect.any(String) });
    await worker.settled();
    expect((await worker.rows()).logout_notices).toEqual([]);
  });
});

test("without an RSA key the log says once why the endpoints are off", async () => {
  const { JWT_KEYS } = oauthSettings();
  const only = { keys: (JSON.parse(JWT_KEYS) as { keys: { kty: string }[] }).keys.filter(({ kty }) => kty !== "RSA") };
  await worker.restart({ JWT_KEYS: JSON.stringify(only) });
  for (let n = 0; n < 3; n++) await worker.fetch("/.well-known/jwks.json");
  const said = worker.log().split("the OAuth endpoints are off: JWT_KEYS has no private RSA key").length - 1;
  expect(said).toBe(1);
});
