// What the tests of /auth-clients share.

import { beforeAll, expect } from "vitest";
import { ADMIN } from "./api";
import { useWorker } from "./fixtures";

export const MASK = "********";
const BASE = { accessTokenExpiration: 900, refreshTokenExpiration: 86400, authCodeExpiration: 180 };
export const where = (conditions: unknown) => `where=${encodeURIComponent(JSON.stringify(conditions))}`;

/** A worker, its administrator, and the calls to /auth-clients. */
export function useAuthClients() {
  let administrator: { authorization: string };
  let administratorId: string;
  const { worker, our } = useWorker();

  beforeAll(async () => {
    const { accessToken } = await our.signIn(ADMIN);
    administrator = our.bearer(accessToken);
    administratorId = (await our.me(accessToken)).body.id;
  });

  let made = 0;

  const fresh = (more: object = {}) => {
    const n = ++made;
    return {
      ...BASE,
      clientId: `client-${n}`,
      clientSecret: `client secret ${n}`,
      secret: `code secret ${n}`,
      redirectUrl: `https://app-${n}.example/cb`,
      ...more,
    };
  };

  const call = (method: string, path: string, body?: unknown, headers: Parameters<typeof our.post>[2] = administrator) =>
    our.send(method, `/auth-clients${path}`, { body, headers });

  const list = (filter: unknown) => call("GET", `?filter=${encodeURIComponent(JSON.stringify(filter))}`);
  const count = (conditions: unknown) => call("GET", `/count?${where(conditions)}`);

  async function create(more: object = {}) {
    const answer = await call("POST", "", fresh(more));
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  }

  const read = async (id: number) => (await call("GET", `/${id}`)).body;
  const administratorToken = () => administrator.authorization.slice(7);
  const idOfAdministrator = () => administratorId;
  return { worker, our, fresh, call, list, count, create, read, administratorToken, idOfAdministrator };
}
