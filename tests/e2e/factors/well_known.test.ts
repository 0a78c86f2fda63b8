// What browsers and password managers ask about passkeys.

import { describe, expect, test } from "vitest";
import { useFactors } from "../../support/factors";
import { useWorker } from "../../support/fixtures";

const { our } = useFactors();
const several = useFactors({
  PASSKEY_ORIGINS: "https://app.example.net, https://login.example.org, android:apk-key-hash:" + "a".repeat(43),
});
const address = useWorker({ settings: { PUBLIC_URL: "http://127.0.0.1:8787" } });

describe("where passkeys are of one domain", () => {
  test("users manage them on the account pages", async () => {
    const answer = await our.send("GET", "/.well-known/passkey-endpoints");
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    const account = "http://localhost:8787/account";
    expect(answer.body).toEqual({ enroll: `${account}/factors/passkey`, manage: `${account}/security` });
  });

  test("no list of origins is there", async () => {
    expect((await our.send("GET", "/.well-known/webauthn")).status).toBe(404);
  });
});

test("origins of several domains are listed, apps are not", async () => {
  const answer = await several.our.send("GET", "/.well-known/webauthn");
  expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  expect(answer.body).toEqual({ origins: ["https://app.example.net", "https://login.example.org"] });
});

test("at an IP address there are no passkeys", async () => {
  for (const path of ["passkey-endpoints", "webauthn"]) expect((await address.our.send("GET", `/.well-known/${path}`)).status).toBe(404);
  const options = await address.our.post("/auth/passkey/options", { clientId: "demo-web" });
  expect(options.status).toBe(501);
});
