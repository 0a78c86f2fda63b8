// Signing in at our pages by a code that is mailed, where EMAIL_CODES is on.

import { describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { useFactors } from "../../support/factors";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { type Screen, type Visitor, links, said, texts, visitor } from "../../support/visitor";

const SENT = "If there is an account of that name with a confirmed address, we have written to it.";

describe("where EMAIL_CODES is on", () => {
  const { worker, withApp } = useFactors({ EMAIL_CODES: "on" });
  const mails = mailbox(worker);
  const fresh = () => visitor(worker);
  const ask = async (visit: Visitor, username: string, path = "/sign-in/code") => visit.submit(await visit.open(path), { username });
  const codeOf = async (email: string, count = 1) => (await mails.wait(email, count)).token!;
  const answer = (page: Screen) => texts(page, "p").find((text) => text.startsWith(SENT));

  test("a code that is mailed opens the account, once, in the browser that asked for it", async () => {
    const email = "ann@code.example";
    const { username, id } = await aUser(worker, { email });
    const [visit, eve] = [fresh(), fresh()];
    expect(links(await visit.open("/sign-in"))["Sign in with a code by e-mail"]).toBe("/sign-in/code");
    const page = await ask(visit, username);
    expect([page.status, texts(page, "h1"), answer(page)]).toEqual([200, ["A code by e-mail"], expect.any(String)]);
    const code = await codeOf(email);
    const other = await ask(eve, "nobody");
    const refused = await eve.submit(other, { username, code });
    expect([refused.status, said(refused)]).toEqual([422, "That code is not right, or comes too late. Try again, or ask for a new one."]);
    const account = await visit.submit(page, { code });
    expect([account.status, account.path]).toEqual([200, "/account"]);
    const row = await worker.db.prepare("select aal, amr, method from browsers where user_id = ? and ended_on is null").bind(id).first();
    expect(row).toMatchObject({ aal: 1, amr: "otp" });
    const again = fresh();
    expect((await again.submit(await ask(again, username), { code })).status).toBe(422);
  });

  test("everybody is answered alike, and an administrator has none mailed", async () => {
    const said = await Promise.all(
      ["nobody", ADMIN.username, (await aUser(worker)).username].map(async (name) => answer(await ask(fresh(), name))),
    );
    expect(new Set(said).size).toBe(1);
    await worker.settled();
    const sentTo = (await mails.all()).filter(({ kind }) => kind === "email-code").map(({ to }) => to);
    expect(new Set(sentTo)).toEqual(new Set(["ann@code.example"]));
  });

  test("an app gets its code by it, and whoever has a second step is asked for that", async () => {
    const email = "bob@code.example";
    const bob = await aUser(worker, { email });
    const visit = fresh();
    const page = await ask(visit, bob.username, "/sign-in/code?client_id=demo-web&state=s");
    const gone = await visit.submit(page, { code: await codeOf(email) });
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    const ann = await withApp({ email: "second@code.example" });
    const other = fresh();
    const asked = await ask(other, ann.username);
    await worker.settled();
    const [mail] = (await mails.to("second@code.example")).filter(({ kind }) => kind === "email-code");
    const step = await other.submit(asked, { code: mail!.token! });
    expect(step.path).toBe("/sign-in/second-step");
  });
});

describe("where it is off", () => {
  const { worker } = useFactors();

  test("there is no such page, and no way to it", async () => {
    const visit = visitor(worker);
    expect((await visit.open("/sign-in/code")).status).toBe(404);
    expect(links(await visit.open("/sign-in"))).not.toHaveProperty("Sign in with a code by e-mail");
  });
});
