// The ways messages go: a signed webhook, Cloudflare's e-mail binding, the development mailbox.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Request, Response } from "miniflare";
import { afterEach, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { DEMO_WEB, api } from "../../support/api";
import { BASIC } from "../../support/fixtures";
import { type Options, startWorker } from "../../support/worker";

const KEY = Buffer.from("a key of thirty-two bytes, or so!");
const SECRET = `whsec_${KEY.toString("base64")}`;
const SIGN_UP = { SIGN_UP_TENANT: demoSettings.SIGN_UP_TENANT, SIGN_UP_ROLE: demoSettings.SIGN_UP_ROLE };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function started(options: Options) {
  const worker = await startWorker(options);
  cleanups.push(worker.stop);
  return worker;
}

const forget = (our: ReturnType<typeof api>, username = "demo") => our.post("/auth/forget-password", { ...DEMO_WEB, username });

/** A webhook's receiver behind the worker's outgoing requests. */
function receiver(answer: (n: number) => Response | Promise<Response>) {
  const requests: { headers: Record<string, string>; body: string; url: string; redirect: string }[] = [];
  return {
    requests,
    outside: async (request: Request) => {
      requests.push({
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
        url: request.url,
        redirect: request.redirect,
      });
      return answer(requests.length);
    },
  };
}

/** What the receiver works out for itself (Standard Webhooks 1.0). */
const signature = (headers: Record<string, string>, body: string) =>
  `v1,${createHmac("sha256", KEY).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64")}`;

const webhook = { NOTIFY_WEBHOOK_URL: "https://hooks.example/mail", NOTIFY_WEBHOOK_SECRET: SECRET };

test("a webhook gets a message that its secret signs, and the link in it works", async () => {
  const { requests, outside } = receiver(() => new Response(null, { status: 202 }));
  const worker = await started({ settings: webhook, outside });
  const our = api(worker);
  expect((await forget(our)).status).toBe(204);
  await worker.settled();
  expect(requests).toHaveLength(1);
  const { headers, body, url } = requests[0]!;
  expect(url).toBe("https://hooks.example/mail");
  expect(headers["webhook-signature"]).toBe(signature(headers, body));
  expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(60);
  const message = JSON.parse(body);
  expect(message).toMatchObject({ type: "password-reset", data: { to: "demo@example.com", kind: "password-reset" } });
  expect(message.data.text).toContain(message.data.link);
  expect((await our.send("GET", `/auth/verify-reset-password-link?token=${message.data.token}`)).status).toBe(200);
});

test("a webhook that answers 500 is tried again, and then no more", async () => {
  const { requests, outside } = receiver((n) => new Response(null, { status: n < 3 ? 500 : 204 }));
  const worker = await started({ settings: webhook, outside });
  await forget(api(worker));
  await worker.settled();
  expect(requests).toHaveLength(3);
  expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size, "tries of one message share its id").toBe(1);
  const times = requests.map(({ headers }) => Number(headers["webhook-timestamp"]));
  expect(times[1]! - times[0]!, "each is signed for its own time").toBeGreaterThanOrEqual(1);
  expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(3);
  for (const { headers, body } of requests) expect(headers["webhook-signature"]).toBe(signature(headers, body));
}, 20_000);

test("a webhook that hangs, answers a megabyte or redirects delays no answer", async () => {
  for (const answer of [
    () => new Promise<Response>(() => {}),
    () => new Response("x".repeat(2 ** 20)),
    () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example/" } }),
  ]) {
    const { requests, outside } = receiver(answer);
    const our = api(await started({ settings: webhook, outside }));
    const start = performance.now();
    expect((await forget(our)).status).toBe(204);
    expect(performance.now() - start, "it is waited for six seconds, behind the answer").toBeLessThan(5000);
    await expect.poll(() => requests.length, { timeout: 20_000 }).toBeGreaterThan(0);
    for (const { url } of requests) expect(url, "no redirect is followed").toBe("https://hooks.example/mail");
    expect((await our.loginToken()).status, "the worker serves on").toBe(200);
  }
}, 30_000);

test("the log of a message that could not be sent has neither link nor token", async () => {
  const { requests, outside } = receiver(() => new Response(null, { status: 400 }));
  const worker = await started({ settings: webhook, outside });
  await forget(api(worker));
  expect(await worker.printed()).toContain("webhook answered 400");
  expect(await worker.printed()).not.toContain(JSON.parse(requests[0]!.body).data.token);
}, 20_000);

test("Cloudflare's e-mail binding gets text and HTML for one address", async () => {
  const worker = await started({ settings: { MAIL_FROM: "login@example.org" }, email: true });
  await forget(api(worker));
  const printed = await worker.printed();
  for (const part of ["login@example.org", "demo@example.com", "Choose a new password"]) expect(printed).toContain(part);
  const part = (kind: string) => readFileSync(new RegExp(`${kind}: (.+)`).exec(printed)?.[1] ?? "", "utf8");
  const link = /http:\S+\/reset-password\?token=[\w-]{43}/.exec(part("Text"))?.[0] ?? "no link";
  expect(part("HTML")).toContain(`href="${link}"`);
});

test("an e-mail way without its binding is named in the log", async () => {
  const worker = await started({ settings: { MAIL_FROM: "login@example.org" } });
  expect((await forget(api(worker))).status).toBe(204);
  expect(await worker.printed()).toContain("EMAIL");
});

test("an address that could carry a header gets no mail, not even from the database", async () => {
  const { requests, outside } = receiver(() => new Response(null, { status: 204 }));
  const worker = await started({ settings: webhook, outside });
  await worker.db.prepare("update users set email = 'a@b.example' || char(13, 10) || 'Bcc: c@d.example' where username_key = 'demo'").run();
  expect((await forget(api(worker))).status).toBe(204);
  expect(await worker.printed()).toContain("cannot be written to");
  expect(requests).toEqual([]);
});

test("the development mailbox is a page, or JSON, newest first, and 404 when it is off", async () => {
  const worker = await started({ settings: { DEV_MAILBOX: "on", ...SIGN_UP } });
  const our = api(worker);
  await our.post("/auth/sign-up/create-token", { email: "first@example.com" });
  await worker.settled();
  await our.post("/auth/sign-up/create-token", { email: "second+<b>@example.com" });
  await our.post("/auth/sign-up/create-token", { email: "second@example.com" });
  await worker.settled();
  const json = await our.send("GET", "/dev/mailbox", { headers: { accept: "application/json" } });
  expect(json.body.map(({ to }: { to: string }) => to)).toEqual(["second@example.com", "first@example.com"]);
  expect(Object.keys(json.body[0])).toEqual(["to", "subject", "kind", "link", "token", "sentAt"]);
  const page = await our.send("GET", "/dev/mailbox", { headers: { accept: "text/html" } });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.text).toContain(json.body[0].link.replaceAll("&", "&amp;"));
  await worker.restart({ DEV_MAILBOX: undefined });
  expect((await our.send("GET", "/dev/mailbox")).status).toBe(404);
  await worker.restart({ DEV_MAILBOX: "on", PUBLIC_URL: "https://login.example" });
  const refused = await our.send("GET", "/dev/mailbox");
  expect(refused.status).toBe(500);
  expect(refused.body.error.message).toContain("DEV_MAILBOX");
});

test("nothing in D1 or KV holds a live token, code, OTP or password in the clear", async () => {
  const { requests, outside } = receiver(() => new Response(null, { status: 204 }));
  const worker = await started({ settings: { ...webhook, ...SIGN_UP, OTP_CLIENT_IDS: "demo-web" }, outside });
  const our = api(worker);
  const secrets = ["correct horse battery", "demo-web-secret", "987654321"];
  expect((await our.post("/otp-caches", { otp: "987654321", username: "demo" }, BASIC)).status).toBe(200);
  const pair = await our.signIn();
  secrets.push(pair.accessToken, pair.refreshToken, (await our.login()).body.code);
  await forget(our);
  await our.post("/auth/sign-up/create-token", { email: "new@example.com" });
  await worker.settled();
  expect(requests).toHaveLength(2);
  for (const { body } of requests) secrets.push(JSON.parse(body).data.token);
  const tables = (
    await worker.db.prepare("select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\'").all()
  ).results;
  let everything = "";
  for (const { name } of tables) everything += JSON.stringify((await worker.db.prepare(`select * from "${name}"`).all()).results);
  const { keys } = await worker.kv.list();
  expect(keys.map(({ name }) => name.split(":")[0]).sort()).toEqual(["code", "otp", "reset", "sign-up"]);
  for (const { name } of keys) everything += name + (await worker.kv.get(name));
  for (const secret of secrets) expect(everything, secret).not.toContain(secret);
});
