// What administrators do with the factors of others, and with a fresh proof of their own.

import { describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { useFactors } from "../../support/factors";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { totp } from "../../support/totp";

const { worker, our, withApp, login, verify, signIn, signInWithCode, enrolApp, enrolPasskey, forgetSteps, bearer } = useFactors();

const call = (method: string, path: string, pair: { accessToken: string }, body?: unknown) =>
  our.send(method, path, { body, headers: bearer(pair) });

/** Somebody who manages people, signed in. */
async function manager() {
  const user = await aUser(worker, { permissions: ["UpdateTenantUser"] });
  return { ...user, pair: await signIn(user) };
}

describe("the factors of a person", () => {
  test("are listed and removed by who may change people, and what rests on them ends", async () => {
    const ann = await withApp({ email: "managed@example.com" });
    await forgetSteps();
    const rests = await signInWithCode(ann, totp(ann.secret));
    const { pair } = await manager();
    const list = await call("GET", `/users/${ann.person.id}/factors`, pair);
    expect(list.status, list.text).toBe(200);
    expect(list.body).toMatchObject([
      { id: ann.id, type: "totp" },
      { type: "recovery-codes", remaining: 10 },
    ]);
    expect(JSON.stringify(list.body)).not.toContain(ann.secret);
    const path = `/users/${ann.person.id}/factors/${ann.id}`;
    expect((await call("DELETE", path, pair)).status).toBe(204);
    expect((await call("DELETE", path, pair)).status).toBe(404);
    expect((await our.me(rests.accessToken)).status).toBe(401);
    expect((await login(ann)).body.mfa).toBeUndefined();
    await worker.settled();
    expect((await mailbox(worker).to("managed@example.com")).map((mail) => mail.kind)).toContain("factor-removed");
    const rows = await worker.db
      .prepare("select detail from login_activity where kind = 'user' and target = ?")
      .bind(ann.person.id)
      .all<{ detail: string }>();
    expect(rows.results.map(({ detail }) => JSON.parse(detail))).toEqual([{ factorRemoved: ann.id }]);
  });

  test("are nobody else's business, and an administrator's not a manager's", async () => {
    const ann = await withApp();
    const bob = await aUser(worker);
    const plain = await signIn(bob);
    const admin = await worker.db.prepare("select id from users where username = 'admin'").first<string>("id");
    const { pair } = await manager();
    for (const [method, path] of [
      ["GET", "factors"],
      ["DELETE", `factors/${ann.id}`],
      ["POST", "re-enrol-link"],
    ] as const) {
      expect((await call(method, `/users/${ann.person.id}/${path}`, plain)).status, path).toBe(403);
      expect((await call(method, `/users/${admin}/${path}`, pair)).status, path).toBe(403);
      expect((await our.send(method, `/users/${ann.person.id}/${path}`)).status, path).toBe(401);
    }
  });

  test("of one's own need one's own fresh proof", async () => {
    const ann = await withApp();
    const path = `/users/${ann.person.id}/factors`;
    expect((await call("GET", path, ann.pair)).body[0].id).toBe(ann.id);
    const refused = await call("DELETE", `${path}/${ann.id}`, ann.pair);
    expect(refused.body.error.details[0].code).toBe("step-up-required");
    expect((await call("POST", `/users/${ann.person.id}/re-enrol-link`, ann.pair)).status).toBe(403);
    await forgetSteps();
    const fresh = await signInWithCode(ann, totp(ann.secret));
    expect((await call("DELETE", `${path}/${ann.id}`, fresh)).status).toBe(204);
  });

  test("need a fresh proof of a manager who has a factor, and level two for every other write", async () => {
    const ann = await withApp();
    const boss = await manager();
    const { secret } = await enrolApp(boss.pair);
    const path = `/users/${ann.person.id}/factors`;
    for (const [method, what] of [
      ["GET", path],
      ["DELETE", `${path}/${ann.id}`],
      ["POST", `/users/${ann.person.id}/re-enrol-link`],
    ] as const) {
      const { status, body } = await call(method, what, boss.pair);
      expect([status, body.error.details[0]]).toMatchObject([
        401,
        { code: "step-up-required", info: { acr_values: "aal2", max_age: 300 } },
      ]);
    }
    await forgetSteps();
    const fresh = await signInWithCode(boss, totp(secret));
    expect((await call("GET", path, fresh)).status).toBe(200);
    await worker.db.prepare("update sessions set auth_time = auth_time - 300000 where user_id = ?").bind(boss.id).run();
    expect((await call("GET", path, fresh)).status).toBe(401);
  });
});

test("a re-enrolment link works once", async () => {
  const address = "anew@example.com";
  const ann = await withApp({ email: address });
  const { key } = await (async () => {
    await forgetSteps();
    return enrolPasskey(await signInWithCode(ann, totp(ann.secret)));
  })();
  expect(key).toBeDefined();
  const elsewhere = await (await forgetSteps(), signInWithCode(ann, totp(ann.secret)));
  const { pair } = await manager();
  expect((await call("POST", `/users/${ann.person.id}/re-enrol-link`, pair)).status).toBe(204);
  await worker.settled();
  const mail = (await mailbox(worker).to(address)).find((it) => it.kind === "re-enrolment")!;
  expect(mail.link).toBe("http://localhost:8787/sign-in?return_to=%2Faccount%2Fsecurity");
  expect(mail.token).toMatch(/^(\w{4}-){3}\w{4}$/);
  expect((await our.post("/auth/me/proof", { otp: mail.token }, bearer(elsewhere))).status, "it is for a sign-in").toBe(401);
  const [first, second] = [(await login(ann)).body.code, (await login(ann)).body.code];
  const done = await verify(first, mail.token!);
  expect(done.status, done.text).toBe(200);
  expect((await verify(second, mail.token!)).status).toBe(401);
  const anew = (await our.token(done.body.code)).body;
  expect((await our.me(elsewhere.accessToken)).status, "every other session ends").toBe(401);
  expect((await our.send("GET", "/auth/me/factors", { headers: bearer(anew) })).body).toEqual([]);
  const app = await enrolApp(anew);
  expect(app.recoveryCodes).toHaveLength(10);
  expect((await verify((await login(ann)).body.code, mail.token!)).status).toBe(401);
});

test("a re-enrolment link falls with the password, and whoever has no factor gets none", async () => {
  const address = "anew-not@example.com";
  const ann = await withApp({ email: address });
  const { pair } = await manager();
  const bob = await aUser(worker, { email: "factorless@example.com" });
  const none = await call("POST", `/users/${bob.id}/re-enrol-link`, pair);
  expect([none.status, none.body.error.message]).toEqual([400, "MFA is not enabled for this user."]);
  await call("POST", `/users/${ann.person.id}/re-enrol-link`, pair);
  await worker.settled();
  const { token } = (await mailbox(worker).to(address)).find((it) => it.kind === "re-enrolment")!;
  await worker.db.prepare("update user_credentials set changed_on = changed_on + 1 where user_id = ?").bind(ann.person.id).run();
  expect((await verify((await login(ann)).body.code, token!)).status).toBe(401);
});

test("a provider is unlinked by a fresh proof of the strongest factor alone", async () => {
  const ann = await withApp();
  const link = "insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'g', ?, ?, 0)";
  await worker.db.prepare(link).bind(ann.person.id, ann.person.id).run();
  const path = `/users/${ann.person.id}/identities`;
  const [{ id }] = (await call("GET", path, ann.pair)).body;
  expect((await call("DELETE", `${path}/${id}`, ann.pair)).body.error.details[0].code).toBe("step-up-required");
  await forgetSteps();
  const fresh = await signInWithCode(ann, totp(ann.secret));
  expect((await call("DELETE", `${path}/${id}`, fresh)).status).toBe(204);
});

test("administrators without a factor see no difference", async () => {
  const pair = await signIn(ADMIN);
  const ann = await withApp();
  expect((await call("GET", `/users/${ann.person.id}/factors`, pair)).status).toBe(200);
  expect((await call("POST", "/auth-clients", pair, {})).status).toBe(422);
});
