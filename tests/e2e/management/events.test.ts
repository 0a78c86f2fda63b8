// Events to the deployment's webhook: signed, at least once, in order for each user; and what failed is shown
// and sent again.

import { createHmac, randomBytes } from "node:crypto";
import { Request, Response } from "miniflare";
import { beforeEach, describe, expect, test } from "vitest";
import { many } from "../../support/fixtures";
import { HOME, query, useManagement } from "../../support/management";
import { PASSWORD, aUser } from "../../support/seed";

const URL_OF_RECEIVER = "https://hooks.example/events";
const secret = () => `whsec_${randomBytes(32).toString("base64")}`;
const SECRETS = [secret(), secret()];

interface Received {
  id: string;
  type: string;
  data: { userId?: string };
}

let answer: (event: Received) => Response | Promise<Response>;
const received: Received[] = [];
const faults: string[] = [];

/** What Standard Webhooks has a receiver verify, with either secret. */
async function take(request: Request): Promise<Response> {
  const body = await request.text();
  const header = (name: string) => request.headers.get(`webhook-${name}`)!;
  const signed = SECRETS.map((key) =>
    createHmac("sha256", Buffer.from(key.slice(6), "base64"))
      .update(`${header("id")}.${header("timestamp")}.${body}`)
      .digest("base64"),
  );
  if (header("signature") !== signed.map((text) => `v1,${text}`).join(" ")) faults.push("signature");
  if (Math.abs(Number(header("timestamp")) - Date.now() / 1000) > 60) faults.push("timestamp");
  if (request.url !== URL_OF_RECEIVER) faults.push(request.url);
  const event = { id: header("id"), ...JSON.parse(body) };
  received.push(event);
  return answer(event);
}

const { worker, our, call, aMember } = useManagement({
  outside: (request) => take(request as Request) as never,
  settings: { EVENTS_WEBHOOK_URL: URL_OF_RECEIVER, EVENTS_WEBHOOK_SECRET: SECRETS.join(",") },
});

const minute = () => worker.scheduled("* * * * *");
const of = (userId: string) => received.filter(({ data }) => data.userId === userId);
const types = (userId: string) => of(userId).map(({ type }) => type);
/** As if the pauses had passed. */
const later = () =>
  worker.db.prepare("update outbox set next_on = 0, held_until = 0 where delivered_on is null and failed_on is null").run();

beforeEach(async () => {
  answer = () => new Response(null, { status: 204 });
  await later();
  await minute();
  received.length = 0;
});

test("what happens to an account arrives signed by every secret, in its order, with ids and no names", async () => {
  const member = await aMember();
  await call("PATCH", `/tenants/${HOME}/users/${member.id}`, { firstName: "Eva" });
  await call("PATCH", `/tenants/${HOME}/users/${member.id}`, { status: 2 });
  await call("DELETE", `/tenants/${HOME}/users/${member.id}`);
  await worker.settled();
  await minute();
  expect(types(member.id)).toEqual(["user.created", "user.updated", "user.disabled", "user.disabled"]);
  expect(JSON.stringify(received)).not.toContain(member.email);
  expect(faults).toEqual([]);
});

test("sessions tell when they open and end", async () => {
  const user = await aUser(worker);
  const pair = await our.signIn({ username: user.username, password: PASSWORD });
  await our.logout(pair);
  await worker.settled();
  await minute();
  expect(types(user.id)).toEqual(["user.created", "session.opened", "session.ended"]);
  expect(of(user.id)[1]).toMatchObject({ data: { clientId: "demo-web", method: "password" } });
});

describe("a receiver that does not take an event", () => {
  test.each([
    ["answers 500", () => new Response("no", { status: 500 })],
    ["redirects", () => new Response(null, { status: 307, headers: { location: "https://elsewhere.example/" } })],
    ["throws", () => Promise.reject(new Error("down"))],
    ["never answers", () => new Promise<Response>(() => {})],
  ])("gets it again, before whatever comes after it: %s", async (_, refuse) => {
    answer = refuse;
    const member = await aMember();
    await call("PATCH", `/tenants/${HOME}/users/${member.id}`, { firstName: "Eva" });
    await worker.settled();
    // Both are due, whichever was written down before the first try.
    await later();
    await minute();
    expect(new Set(types(member.id))).toEqual(new Set(["user.created"]));
    const { results } = await worker.db
      .prepare("select tries, last_error, next_on > created_on + 5000 as waits from outbox where subject = ? order by seq")
      .bind(member.id)
      .all<{ tries: number; last_error: string | null; waits: number }>();
    expect(results.map(({ tries, waits }) => [tries > 0, waits])).toEqual([
      [true, 1],
      [false, 1],
    ]);
    expect(results[0]!.last_error).toMatch(/webhook answered (500|307)|request|answer/);
    answer = () => new Response(null, { status: 204 });
    await later();
    await minute();
    expect(types(member.id).slice(-2)).toEqual(["user.created", "user.updated"]);
    expect(new Set(of(member.id).map(({ id }) => id)).size).toBe(2);
    expect(faults).toEqual([]);
  });

  test("is left alone after a day, and the next event goes on", async () => {
    answer = ({ type }) => new Response(null, { status: type === "user.created" ? 500 : 204 });
    const member = await aMember();
    await call("PATCH", `/tenants/${HOME}/users/${member.id}`, { firstName: "Eva" });
    await worker.settled();
    await worker.db.prepare("update outbox set created_on = created_on - 86400001 where subject = ?").bind(member.id).run();
    await later();
    await minute();
    expect(types(member.id).at(-1)).toBe("user.updated");
    const [failed] = (await call("GET", `/outbox?${query("filter", { where: { subject: member.id, failedOn: { neq: null } } })}`)).body;
    expect(failed).toMatchObject({
      kind: "user.created",
      deliveredOn: null,
      lastError: "webhook answered 500",
      data: { userId: member.id },
    });
    expect((await call("GET", `/outbox/count?${query("where", { subject: member.id })}`)).body).toEqual({ count: 2 });
    answer = () => new Response(null, { status: 200 });
    expect((await call("POST", `/outbox/${failed.id}/resend`)).status).toBe(204);
    await worker.settled();
    await minute();
    expect(of(member.id).at(-1)).toMatchObject({ id: failed.id, type: "user.created" });
    expect((await call("GET", `/outbox/${failed.id}`)).body.deliveredOn).not.toBe(null);
    expect((await call("POST", "/outbox/nothing/resend")).status).toBe(404);
  });
});

test("twenty runs at once deliver each event once", async () => {
  await worker.db.prepare("update outbox set held_until = 9999999999999 where delivered_on is null").run();
  const member = await aMember();
  await worker.settled();
  await worker.db.prepare("update outbox set delivered_on = null, held_until = 0, next_on = 0 where subject = ?").bind(member.id).run();
  received.length = 0;
  await many(20, minute);
  expect(types(member.id)).toEqual(["user.created"]);
});

test("only who may administer everything sees the outbox", async () => {
  const user = await aUser(worker, { permissions: ["ViewLoginActivity", "ViewTenant"] });
  const pair = await our.signIn({ username: user.username, password: PASSWORD });
  for (const path of ["/outbox", "/outbox/count", "/outbox/x"]) expect((await call("GET", path, undefined, pair)).status).toBe(403);
  expect((await call("POST", "/outbox/x/resend", undefined, pair)).status).toBe(403);
});

test("an address of a private network, or a missing secret, is a malformed setting", async () => {
  for (const [settings, name] of [
    [{ EVENTS_WEBHOOK_URL: "https://10.0.0.7/hook" }, "EVENTS_WEBHOOK_URL"],
    [{ EVENTS_WEBHOOK_URL: "https://169.254.169.254/latest" }, "EVENTS_WEBHOOK_URL"],
    [{ EVENTS_WEBHOOK_URL: URL_OF_RECEIVER, EVENTS_WEBHOOK_SECRET: "hunter2" }, "EVENTS_WEBHOOK_SECRET"],
  ] as const) {
    await worker.restart(settings);
    const answer = await our.send("GET", "/health");
    expect([answer.status, answer.text.includes(name)]).toEqual([500, true]);
  }
});
