// The packaged ServiceStack clients, unmodified, over real HTTP.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PYTHON } from "../../scripts/lib/python.mjs";
import { notRun } from "../../scripts/lib/steps.mjs";
import { DEMO, api } from "../support/api";
import { type Worker, startWorker } from "../support/worker";

// Passwords are slow by design, slower still while something else is being built.
vi.setConfig({ testTimeout: 60_000 });

const require = createRequire(import.meta.url);

let worker: Worker;
let url: string;

beforeAll(async () => {
  worker = await startWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web" } });
  url = await worker.url();
});
afterAll(() => worker.stop());

/** DTOs as the generators write them. */
class Dto {
  [name: string]: unknown;
  constructor(fields: object = {}) {
    Object.assign(this, fields);
  }
  getMethod() {
    return "POST";
  }
  createResponse(): any {
    return {};
  }
}
class Authenticate extends Dto {
  getTypeName() {
    return "Authenticate";
  }
}
const credentials = (changes: object = {}) =>
  new Authenticate({ provider: "credentials", userName: DEMO.username, password: DEMO.password, ...changes });

const failure = async (promise: Promise<unknown>): Promise<any> =>
  promise.then((value) => expect.fail(`succeeded with ${JSON.stringify(value)}`), (error: any) => error);

describe.each([
  ["1.0.45", "servicestack-client-1-0"],
  ["1.1.21", "servicestack-client-1-1"],
  ["1.2.6", "servicestack-client-1-2"],
  ["2.1.13", "servicestack-client-2"],
])("@servicestack/client %s", (version, name) => {
  const { JsonServiceClient, JsonApiClient } = require(name);
  const client = () => new JsonServiceClient(url);
  const oldest = version === "1.0.45";

  test("is the version it is said to be", () => {
    const entry = require.resolve(name);
    expect(require(`${entry.slice(0, entry.indexOf(name))}${name}/package.json`).version).toBe(version);
  });

  test("signs in with post and postToUrl, and knows who it is by its cookies", async () => {
    const mine = client();
    const response = await mine.post(credentials());
    expect(response).toMatchObject({ userName: "demo", displayName: "Demo" });
    expect(response.bearerToken).toMatch(/^ey/);
    expect((await mine.get(new Authenticate())).userId).toBe(response.userId);
    expect((await mine.get("/auth")).userId).toBe(response.userId);
    const other = client();
    expect((await other.postToUrl("/auth/credentials", credentials())).userName).toBe("demo");
  });

  test.skipIf(oldest)("signs in with send and api", async () => {
    expect((await client().send(credentials())).userName).toBe("demo");
    const good = await client().api(credentials());
    expect(good.succeeded).toBe(true);
    expect(good.response.userName).toBe("demo");
    const bad = await client().api(credentials({ password: "wrong" }));
    expect(bad.failed).toBe(true);
    expect(bad.error).toMatchObject({ errorCode: "Unauthorized", message: "Invalid Username or Password" });
  });

  test("signs in with sendAll", async () => {
    const responses = await client().sendAll([credentials(), credentials()]);
    expect(responses.map((response: any) => response.userName)).toEqual(["demo", "demo"]);
  });

  test("signs in with HTTP Basic", async () => {
    const mine = client();
    mine.setCredentials(DEMO.username, DEMO.password);
    expect((await mine.post(new Authenticate())).userName).toBe("demo");
    const got = client();
    got.setCredentials(DEMO.username, DEMO.password);
    expect((await got.get(new Authenticate())).userName).toBe("demo");
  });

  test("uses a bearer token, of the other API too", async () => {
    const pair = await api(worker).signIn();
    const mine = client();
    mine.bearerToken = pair.accessToken;
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
  });

  test("refreshes by itself after a 401", async () => {
    const { refreshToken } = await client().post(credentials());
    const mine = client();
    mine.bearerToken = "stale.bearer.token";
    mine.refreshToken = refreshToken;
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
    expect(mine.bearerToken).toMatch(/^ey/);
  });

  test("refreshes with a token in its hands where its cookies do not arrive", async () => {
    const mine = client();
    mine.refreshToken = (await mine.post(credentials())).refreshToken;
    mine.bearerToken = "stale.bearer.token";
    mine.cookies = {};
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
    expect(mine.bearerToken).toMatch(/^ey/);
  });

  test("stays signed in when only its refresh cookie is good", async () => {
    const mine = client();
    await mine.post(credentials());
    mine.cookies["ss-tok"].value = "stale";
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
    expect(mine.cookies["ss-tok"].value).toMatch(/^ey/);
  });

  test("signs out", async () => {
    const mine = client();
    const { bearerToken } = await mine.post(credentials());
    await mine.post(new Authenticate({ provider: "logout" }));
    const error = await failure(mine.get(new Authenticate()));
    // It tries to refresh with the cookie that is gone, and tells what became of that.
    expect(error.responseStatus.errorCode).toBe("ArgumentNullException");
    expect(error.type).toBe("RefreshTokenException");
    const bearer = client();
    bearer.bearerToken = bearerToken;
    const nobody = await failure(bearer.get(new Authenticate()));
    expect(nobody.responseStatus).toMatchObject({ errorCode: "Unauthorized", message: "Not Authenticated" });
  });

  test("understands a wrong password, and which fields are empty", async () => {
    const wrong = await failure(client().post(credentials({ password: "wrong" })));
    expect(wrong.responseStatus).toMatchObject({ errorCode: "Unauthorized", message: "Invalid Username or Password" });
    const empty = await failure(client().post(new Authenticate({ provider: "credentials" })));
    expect(empty.responseStatus).toMatchObject({ errorCode: "ValidationException", message: "'User Name' must not be empty." });
    expect(empty.responseStatus.errors.map((error: any) => error.fieldName)).toEqual(["UserName", "Password"]);
  });

  test("is told the same of a wrong password while it holds a refresh token", async () => {
    const mine = client();
    await mine.post(credentials());
    const wrong = await failure(mine.post(credentials({ password: "wrong" })));
    expect(wrong.responseStatus).toMatchObject({ errorCode: "Unauthorized", message: "Invalid Username or Password" });
  });

  test.skipIf(JsonApiClient === undefined)("works as JsonApiClient, which sends JSON as plain text", async () => {
    expect((await JsonApiClient.create(url).post(credentials())).userName).toBe("demo");
  });
});

const hasPython = existsSync(PYTHON);
if (!hasPython) notRun("the Python client of ServiceStack", "tests/.venv, which npm test makes where python3 has venv,");

test.skipIf(!hasPython)("servicestack 0.1.15 for Python", async () => {
  const script = fileURLToPath(new URL("../support/servicestack_client.py", import.meta.url));
  const { stdout } = await promisify(execFile)(PYTHON, [script, url, DEMO.username, DEMO.password]);
  const told = JSON.parse(stdout);
  const wrong = { code: 401, errorCode: "Unauthorized", message: "Invalid Username or Password", fields: [] };
  expect(told).toMatchObject({
    "post api": "demo",
    "post None": "demo",
    send: "demo",
    post_url: "demo",
    send_all: ["demo", "demo"],
    basic: "demo",
    bearer: "demo",
    refreshed: "demo",
    "refreshed token": true,
    cookies: "demo",
    // It tries to refresh with the cookie that is gone, and tells what became of that.
    "after logout": { code: 400, errorCode: "ArgumentNullException", type: expect.stringContaining("REFRESH_TOKEN") },
    "wrong password": wrong,
    empty: { code: 400, errorCode: "ValidationException", fields: ["UserName", "Password"] },
    "bad refresh": { code: 400, errorCode: "ArgumentException", message: "Illegal base64url string!" },
  });
});
