// Where rows of the audit log go: D1, a queue, or both.

import { expect, test, vi } from "vitest";
import { DEMO_WEB } from "../../support/api";
import { aUser, PASSWORD } from "../../support/seed";
import { useWorker } from "../../support/fixtures";

const messages: Record<string, unknown>[] = [];
const { worker } = useWorker({ queued: (message) => messages.push(message as Record<string, unknown>) });
const rows = async (id: string) =>
  (await worker.db.prepare("select id, kind, result from login_activity where user_id = ?").bind(id).all()).results;
const sent = (id: string) => messages.filter(({ userId }) => userId === id);

async function signIn() {
  const { id, username } = await aUser(worker);
  for (const password of ["wrong", PASSWORD])
    await worker.fetch("/auth/login-token", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...DEMO_WEB, username, password }),
    });
  await worker.settled();
  return id;
}

test("rows stay in D1 unless somebody says otherwise", async () => {
  const id = await signIn();
  expect(await rows(id)).toHaveLength(2);
  expect(sent(id)).toEqual([]);
});

test("both have the same rows", async () => {
  await worker.restart({ AUDIT_SINK: "both" });
  const id = await signIn();
  await vi.waitFor(() => expect(sent(id)).toHaveLength(2), { timeout: 20_000 });
  const told = sent(id).map((message) => ({ id: message.id, kind: message.kind, result: message.result }));
  expect(told.toSorted((one, other) => String(one.id).localeCompare(String(other.id)))).toEqual(
    (await rows(id)).toSorted((one, other) => String(one.id).localeCompare(String(other.id))),
  );
  expect(sent(id)[1]).toMatchObject({ at: expect.any(Number), clientId: 1, sessionId: expect.any(String) });
});

test("the queue alone leaves no row", async () => {
  await worker.restart({ AUDIT_SINK: "queue" });
  const id = await signIn();
  await vi.waitFor(() => expect(sent(id)).toHaveLength(2), { timeout: 20_000 });
  expect(await rows(id)).toEqual([]);
});
