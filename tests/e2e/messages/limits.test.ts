// How much mail an address, a domain and all of them together get, and what a change of address takes away.

import { beforeEach, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { DEMO_WEB } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";

const { SIGN_UP_TENANT, SIGN_UP_ROLE } = demoSettings;

const { worker, our } = useWorker({
  settings: {
    DEV_MAILBOX: "on",
    SIGN_UP_TENANT,
    SIGN_UP_ROLE,
    SIGN_UP_CLIENT_IDS: "demo-web",
    MAIL_DOMAINS: "Unlimited.example, bücher.example",
    MAIL_PER_HOUR: "100",
  },
});
const mail = mailbox(worker);
beforeEach(() => worker.db.prepare("delete from messages_sent").run());

const invite = (email: string) => our.post("/auth/sign-up/create-token", { email });
const forget = (username: string) => our.post("/auth/forget-password", { ...DEMO_WEB, username });
const run = (sql: string, ...values: unknown[]) => worker.db.prepare(sql).bind(...values);

/** So many messages of a kind have been sent, to as many addresses of a domain. */
const sent = (count: number, kind: string, domain: string | null, minutesAgo = 1) =>
  run(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
     insert into messages_sent (id, kind, recipient, domain, sent_on) select hex(randomblob(16)), ?2, 'somebody-' || i, ?3, ?4 from n`,
    count,
    kind,
    domain,
    Date.now() - minutesAgo * 60_000,
  ).run();

const heldBack = async () =>
  Number(await worker.db.prepare("select coalesce(sum(count), 0) as n from hourly_counts where kind = 'message held back'").first("n"));

/** Asks, and expects that the message goes, or that it is counted as held back and does not. */
async function expectGoes(address: string, goes: boolean, ask = () => invite(address)) {
  const [before, held] = [(await mail.to(address)).length, await heldBack()];
  expect((await ask()).status, "the answer tells nothing").toBe(204);
  await mail.wait(address, goes ? before + 1 : before);
  expect(await heldBack()).toBe(goes ? held : held + 1);
}

test("a domain gets sixty messages an hour, however it is spelled", async () => {
  await sent(59, "sign-up", "many.example");
  await sent(60, "sign-up", "many.example", 61);
  await expectGoes("a60@MANY.example", true);
  await expectGoes("a61@many.example", false);
  await expectGoes("a1@sub.many.example", true);
  await sent(60, "sign-up", "xn--mnchen-3ya.example");
  await expectGoes("a61@münchen.example", false);
});

test("a domain in MAIL_DOMAINS gets as many as its mailboxes", async () => {
  await sent(80, "sign-up", null);
  for (const domain of ["unlimited.example", "xn--bcher-kva.example", "bücher.example"]) await expectGoes(`a61@${domain}`, true);
  for (let n = 0; n < 2; n++) await expectGoes("a61@unlimited.example", true);
  await expectGoes("a61@unlimited.example", false);
});

test("all together get MAIL_PER_HOUR messages an hour", async () => {
  await sent(99, "sign-up", null);
  await sent(100, "sign-up", null, 61);
  await expectGoes("last@unlimited.example", true);
  await expectGoes("late@unlimited.example", false);
});

test("invitations to made-up addresses keep no owner from a link, nor from hearing of a change", async () => {
  const email = "owner@many.example";
  const { username } = await aUser(worker, { email });
  await sent(60, "sign-up", "many.example");
  await sent(40, "sign-up", null);
  await expectGoes("made-up@many.example", false);
  await expectGoes(email, true, () => forget(username));

  await sent(60, "password-reset", "many.example");
  await sent(40, "password-reset", null);
  await expectGoes(email, false, () => forget(username));
  const pair = await our.signIn({ username, password: PASSWORD });
  const changed = { refreshToken: pair.refreshToken, username, oldPassword: PASSWORD, password: "another password" };
  expect((await our.changePassword(pair.accessToken, changed)).body).toEqual({ success: true });
  expect((await mail.wait(email, 2)).kind).toBe("password-changed");
});

test("a message that is held back voids no link", async () => {
  const email = "held@many.example";
  await invite(email);
  const { token } = await mail.wait(email);
  await mail.anHourLater(email);
  await sent(60, "sign-up", "many.example");
  await expectGoes(email, false);
  expect((await our.send("GET", "/auth/sign-up/verify-token", { headers: our.bearer(token ?? "") })).status).toBe(200);
});

test.each([
  ["the address itself", "update users set email = ?1, email_key = ?1"],
  ["its folded form alone", "update users set email_key = ?1"],
  ["its letters' case", "update users set email = upper(email)"],
  ["the address, with a word that it is verified", "update users set email = ?1, email_key = ?1, email_verified = 1"],
  ["the address to none", "update users set email = null, email_key = null"],
])("an address is not verified any more after a change of %s", async (_, change) => {
  const before = `${crypto.randomUUID()}@example.com`;
  const { id } = await aUser(worker, { email: before });
  const verified = () => run("select email_verified from users where id = ?", id).first("email_verified");
  await run("update users set email = email, email_key = email_key, first_name = 'Ada' where id = ?", id).run();
  expect(await verified(), "what stays the same stays verified").toBe(1);
  const values = change.includes("?1") ? [`${crypto.randomUUID()}@example.com`] : [];
  await run(`${change} where id = '${id}'`, ...values).run();
  expect(await verified()).toBe(0);
  await run("update users set email_verified = 1 where id = ?", id).run();
  expect(await verified(), "until the new address is").toBe(1);
});

test("what is counted is kept without the address, which may be a password in the wrong field", async () => {
  const [password, domain] = ["my-p4ssw0rd", "counted.example"];
  await expectGoes(`${password}@${domain}`, true);
  const { results } = await run("select recipient, domain from messages_sent").all();
  expect(results).toEqual([{ recipient: expect.stringMatching(/^\S{47}$/), domain }]);
  expect(JSON.stringify(results)).not.toContain(password);
});
