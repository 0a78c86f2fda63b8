// Whoever has a second factor, at our pages: a password or a provider alone opens nothing, and proves nothing.

import { describe, expect, test } from "vitest";
import { useFactors } from "../../support/factors";
import { totp, wrongCode } from "../../support/totp";
import { forms, said, texts, visitor } from "../../support/visitor";

const { worker, withApp, forgetSteps } = useFactors();
const fresh = () => visitor(worker);
const browsersOf = async (username: string) =>
  (
    await worker.db
      .prepare("select * from browsers where ended_on is null and user_id = (select id from users where username = ?)")
      .bind(username)
      .all<Record<string, unknown>>()
  ).results;

describe("signing in", () => {
  test("a password leads to a second step, and only its code opens the account", async () => {
    const ann = await withApp();
    const visit = fresh();
    const step = await visit.signIn(ann.username, ann.password);
    expect([step.status, step.path]).toEqual([200, "/sign-in/second-step"]);
    expect(texts(step, "h1")).toEqual(["One more step"]);
    expect(visit.jar.get("__Host-edgelatch")).toBeUndefined();
    expect(await browsersOf(ann.username)).toEqual([]);
    const secret = visit.jar.get("__Host-edgelatch-step")!;
    expect(JSON.stringify(await worker.rows())).not.toContain(secret);
    expect((await visit.open("/account")).path).toMatch(/^\/sign-in\?/);

    const wrong = await visit.submit(step, { code: wrongCode(ann.secret) });
    expect([wrong.status, said(wrong)]).toEqual([
      422,
      "That code is not right, or comes too late. Try the next one; after five tries, sign in again.",
    ]);
    const account = await visit.submit(wrong, { code: totp(ann.secret) });
    expect([account.status, account.path]).toEqual([200, "/account"]);
    expect(visit.jar.get("__Host-edgelatch-step") ?? "").toBe("");
    expect(await browsersOf(ann.username)).toMatchObject([{ aal: 2, amr: "pwd otp mfa", factor_id: ann.id }]);
  });

  test("a recovery code is a second step too, once", async () => {
    const ann = await withApp();
    const [code] = ann.recoveryCodes!;
    const first = fresh();
    expect((await first.submit(await first.signIn(ann.username, ann.password), { code: code! })).path).toBe("/account");
    const second = fresh();
    const again = await second.submit(await second.signIn(ann.username, ann.password), { code: code! });
    expect([again.status, again.path]).toEqual([422, "/sign-in/second-step"]);
  });

  test("the sixth try of a sign-in is refused, though it is right", async () => {
    const ann = await withApp();
    const visit = fresh();
    let page = await visit.signIn(ann.username, ann.password);
    for (let n = 0; n < 5; n++) page = await visit.submit(page, { code: wrongCode(ann.secret) });
    expect((await visit.submit(page, { code: totp(ann.secret) })).status).toBe(422);
    expect(await browsersOf(ann.username)).toEqual([]);
  });

  test("a browser in which nothing waits signs in first", async () => {
    expect((await fresh().open("/sign-in/second-step")).path).toBe("/sign-in");
  });

  test("a form of another browser opens nothing", async () => {
    const ann = await withApp();
    const [hers, his] = [fresh(), fresh()];
    const step = await hers.signIn(ann.username, ann.password);
    await his.signIn(ann.username, ann.password);
    expect((await his.submit(step, { code: totp(ann.secret) })).status).toBe(403);
  });

  test("an app gets its code after the second step, and its session is of level two", async () => {
    const ann = await withApp();
    const visit = fresh();
    const start = "/sign-in?client_id=demo-web&state=s";
    const form = await visit.open(start);
    const step = await visit.submit(form, { username: ann.username, password: ann.password });
    expect(step.path).toBe("/sign-in/second-step?client_id=demo-web&state=s");
    const gone = await visit.submit(step, { code: totp(ann.secret) });
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    expect(gone.elsewhere?.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
  });
});

describe("a fresh proof", () => {
  test("of whoever has a factor is one of that: no password is asked for, and none is taken", async () => {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    await worker.db.prepare("update browsers set auth_time = 0 where factor_id = ?").bind(ann.id).run();
    const proof = await visit.open("/account/email");
    expect(proof.path).toBe("/account/proof?return_to=%2Faccount%2Femail");
    expect(Object.keys(forms(proof)[0]!.fields)).toEqual(["form_token", "code"]);
    const refused = await visit.submit(proof, { password: ann.password, code: "" });
    expect(refused.status).toBe(422);
    expect((await visit.open("/account/email")).path).toMatch(/^\/account\/proof/);
    await forgetSteps();
    const email = await visit.submit(await visit.open("/account/email"), { code: totp(ann.secret) });
    expect([email.status, email.path]).toEqual([200, "/account/email"]);
  });
});
