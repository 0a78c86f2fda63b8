// What the tests of attacks on signing in with a provider share.

import { randomUUID } from "node:crypto";
import { afterEach, expect } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { type Answer, nested } from "./api";
import { browser } from "./browser";
import { useWorker } from "./fixtures";
import { ALL_SETTINGS, APP_CLIENT_SETTINGS, ROWS, type Row, startOutside } from "./identity_provider";

const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const open = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS, SOCIAL_SIGN_UP: ROWS.map((row) => row.name).join(",") };
export const UNTRUSTED = nested("Invalid Credentials");
export const someone = () => ({ sub: randomUUID(), given_name: "Eve", family_name: "Moore" });

export function refused(answer: Answer, body: object) {
  expect(answer.body).toEqual(body);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("location")).toBeNull();
}

/** A worker where every identity may sign up, so that a token that slips through gets a session. */
export async function useOpenFederation() {
  const outside = await startOutside();
  const { worker, our } = useWorker({ settings: { ...ALL_SETTINGS, ...APP_CLIENT_SETTINGS, ...open }, outside: outside.handle });
  afterEach(() => outside.reset());

  const ready = async (row: Row) => {
    const app = browser(worker);
    return { app, fields: await app.begin(outside, row, someone()) };
  };
  return { outside, worker, our, ready };
}
