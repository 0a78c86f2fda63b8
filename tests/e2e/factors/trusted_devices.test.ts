// Devices that are trusted for a while: what they waive, and what never.

import { expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { useFactors } from "../../support/factors";
import { decode } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { totp } from "../../support/totp";
import { type Visitor, visitor } from "../../support/visitor";

const { worker, our, withApp, enrolApp, signIn, signInWithCode, forgetSteps, bearer } = useFactors();

type Person = Awaited<ReturnType<typeof withApp>>;

/** A browser in which somebody has proven their factor, and trusts it. */
async function trusting(ann: Person) {
  const visit = visitor(worker);
  await forgetSteps();
  const account = await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret), trust: "on" });
  expect(account.path).toBe("/account");
  return visit;
}

/** Signs in anew in a browser, whoever is signed in there; where that leads. */
async function again(visit: Visitor, ann: Person) {
  visit.jar.delete("__Host-edgelatch");
  return (await visit.signIn(ann.username, ann.password)).path;
}

const STEP = "/sign-in/second-step";
const devices = async (token: string) => (await our.send("GET", "/auth/me/trusted-devices", { headers: our.bearer(token) })).body;

test("a trusted device waives the second step in that browser, of that user, for thirty days", async () => {
  const [ann, bob] = [await withApp(), await withApp()];
  const visit = await trusting(ann);
  const cookie = visit.jar.get("__Host-edgelatch-trusted")!;
  expect(cookie).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(await worker.rows())).not.toContain(cookie);
  expect(await again(visit, ann)).toBe("/account");
  expect(await again(visitor(worker), ann), "another browser").toBe(STEP);
  expect(await again(visit, bob), "somebody else").toBe(STEP);
  await worker.db.prepare("update trusted_devices set expires_on = ?").bind(Date.now()).run();
  expect(await again(visit, ann)).toBe(STEP);
});

test("whoever does not wish it trusts nothing", async () => {
  const ann = await withApp();
  const visit = visitor(worker);
  await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
  expect(visit.jar.get("__Host-edgelatch-trusted")).toBeUndefined();
  expect(await again(visit, ann)).toBe(STEP);
});

test("an app gets its code in a trusted browser, for a session of level one", async () => {
  const ann = await withApp();
  const visit = await trusting(ann);
  expect(await again(visit, ann)).toBe("/account");
  const gone = await visit.open("/sign-in?client_id=demo-web&state=s");
  const answer = await our.token(gone.elsewhere!.searchParams.get("code")!);
  expect(answer.status, answer.text).toBe(200);
  expect(decode(answer.body.accessToken).claims.acr).toBe("aal1");
});

test("it is no fresh proof, and no key at an API", async () => {
  const ann = await withApp();
  const visit = await trusting(ann);
  await again(visit, ann);
  expect((await visit.open("/account/email")).path).toMatch(/^\/account\/proof/);
  const cookie = [...visit.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await our.login({ username: ann.username, password: ann.password }, { cookie });
  expect(answer.body.mfa.required).toBe(true);
});

test("a client that demands a second step takes no waiver", async () => {
  const ann = await withApp();
  const visit = await trusting(ann);
  await again(visit, ann);
  await worker.db.prepare("insert into mfa_clients (client_id) select id from auth_clients where client_id = 'demo-web'").run();
  try {
    expect((await visit.open("/sign-in?client_id=demo-web")).path).toMatch(/^\/account\/proof/);
  } finally {
    await worker.db.prepare("delete from mfa_clients").run();
  }
});

test("an administrator's device is never trusted", async () => {
  const pair = await signIn(ADMIN);
  const { secret } = await enrolApp(pair);
  const visit = visitor(worker);
  await forgetSteps();
  await visit.submit(await visit.signIn(ADMIN.username, ADMIN.password), { code: totp(secret), trust: "on" });
  expect(visit.jar.get("__Host-edgelatch-trusted")).toBeUndefined();
  expect(await devices(pair.accessToken)).toEqual([]);
});

test("it is listed and revoked by its user alone, and what it had opened ends", async () => {
  const [ann, bob] = [await withApp(), await withApp()];
  const visit = await trusting(ann);
  await again(visit, ann);
  const [device, ...others] = await devices(ann.pair.accessToken);
  expect(others).toEqual([]);
  expect(Object.keys(device)).toEqual(["id", "userAgent", "country", "createdOn", "lastUsedOn", "expiresOn"]);
  const path = `/auth/me/trusted-devices/${device.id}`;
  expect((await our.send("DELETE", path, { headers: bearer(bob.pair) })).status).toBe(404);
  expect((await our.send("DELETE", path, { headers: bearer(ann.pair) })).status).toBe(204);
  expect((await our.send("DELETE", path, { headers: bearer(ann.pair) })).status).toBe(404);
  expect((await visit.open("/account")).path, "signed out").toMatch(/^\/sign-in/);
  expect(await again(visit, ann)).toBe(STEP);
});

test("trust ends where its user signs out everywhere else, and where an administrator ends the sessions", async () => {
  const ann = await withApp();
  const [visit, other] = [await trusting(ann), await trusting(ann)];
  expect(await again(other, ann)).toBe("/account");
  expect((await visit.open("/account/devices")).path).toBe("/account/devices");
  const list = await other.open("/account/devices");
  await other.submit(list, { others: "on" }, { action: "/account/devices" });
  expect(await again(visit, ann)).toBe(STEP);
  expect(await again(other, ann), "this one goes on").toBe("/account");
  const boss = await signIn(await aUser(worker, { permissions: ["UpdateTenantUser"] }));
  expect((await our.send("DELETE", `/users/${ann.person.id}/sessions`, { headers: bearer(boss) })).status).toBe(204);
  expect(await again(other, ann)).toBe(STEP);
});

test("trust ends with a change of password or factor", async () => {
  const ann = await withApp();
  const visit = await trusting(ann);
  await forgetSteps();
  const pair = await signInWithCode(ann, totp(ann.secret));
  await enrolApp(pair, "another");
  expect(await devices(pair.accessToken)).toEqual([]);
  expect(await again(visit, ann)).toBe(STEP);
  const anew = await trusting(ann);
  await forgetSteps();
  const fresh = await signInWithCode(ann, totp(ann.secret));
  const changed = await our.changePassword(fresh.accessToken, {
    refreshToken: fresh.refreshToken,
    username: ann.username,
    oldPassword: ann.password,
    password: "another password",
  });
  expect(changed.status, changed.text).toBe(200);
  expect(await again(anew, { ...ann, password: "another password" })).toBe(STEP);
});
