// What the tests of codes and sessions share.

import { createHash } from "node:crypto";
import { expect } from "vitest";
import { type Pair, flat } from "./api";
import { REVOKED, useWorker } from "./fixtures";
import { decode, jwt, keyOf } from "./jwt";
import { freshKeys } from "./worker";

export const JWT_KEYS = freshKeys();
export const TOKEN_EXPIRED = flat(401, "Token Expired");
export const TOKEN_INVALID = flat(401, "Token Invalid");
export const INVALID_CREDENTIALS = flat(401, "Invalid Credentials");
export const codeKey = (code: string) => `code:${createHash("sha256").update(code).digest("base64url")}`;

/** An access token of the worker, as it is a day after its end. */
export function expired(accessToken: string): string {
  const { header, claims } = decode(accessToken);
  const end = Math.floor(Date.now() / 1000) - 86_000;
  return jwt(header, { ...claims, iat: end - 900, exp: end }, keyOf(JWT_KEYS).privateKey);
}

interface CodeRow {
  kind: string;
  session_id: string;
  taken_by: string | null;
  created_on: number;
  expires_on: number;
}

/** A worker, and what is done with codes and sessions. */
export function useSessions() {
  const { worker, our, session } = useWorker({ settings: { JWT_KEYS } });

  const run = (sql: string, ...values: unknown[]) =>
    worker.db
      .prepare(sql)
      .bind(...values)
      .run();

  const newCode = async (body: object = {}): Promise<string> => (await our.login(body)).body.code;

  const redeem = async (code: string, body: object = {}): Promise<Pair> => {
    const answer = await our.token(code, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };

  const expectAlive = async (pair: Pair) => expect((await our.me(pair.accessToken)).status).toBe(200);

  const expectOver = async (pair: Pair) => {
    expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
    expect((await our.refresh(pair)).body).toEqual(TOKEN_EXPIRED);
  };

  const codeRow = (code: string) => worker.db.prepare("select * from one_time where key = ?").bind(codeKey(code)).first<CodeRow>();
  return { worker, our, session, run, newCode, redeem, expectAlive, expectOver, codeRow };
}
