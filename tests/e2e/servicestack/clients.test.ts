// The packaged ServiceStack clients, unmodified, against what people run: `wrangler dev`.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PYTHON } from "../../../scripts/lib/python.mjs";
import { demoSecondStep } from "../../../scripts/lib/demo.mjs";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { DEMO, api } from "../../support/api";
import { type WranglerDev, startWranglerDev } from "../../support/wrangler_dev";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const require = createRequire(import.meta.url);

let server: WranglerDev;
let url: string;

beforeAll(async () => {
  server = await startWranglerDev(() => ({ PASSWORD_HASH: "argon2id" })); // a fifth of the default's time
  await server.serving;
  url = server.url;
}, 120_000);
afterAll(() => server?.stop(), 60_000);

/** DTOs as the generators write them. */
class Dto {
  [name: string]: unknown;
  constructor(fields: object = {}) {
    Object.assign(this, fields);
  }
  getMethod() {
    return "POST";
  }
  createResponse(): unknown {
    return {};
  }
}
class Authenticate extends Dto {
  getTypeName() {
    return "Authenticate";
  }
}
class GetAccessToken extends Dto {
  getTypeName() {
    return "GetAccessToken";
  }
}
const credentials = (changes: object = {}) =>
  new Authenticate({ provider: "credentials", userName: DEMO.username, password: DEMO.password, ...changes });

/** What the clients throw, in all of their versions. */
interface Failure {
  type?: string;
  responseStatus: { errorCode: string; message: string; errors: { fieldName: string }[]; meta?: Record<string, string> };
}
const failure = async (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    (value) => expect.fail(`succeeded with ${JSON.stringify(value)}`),
    (error: Failure) => error,
  );

const CLIENTS = [
  ["1.0.45", "servicestack-client-1-0"],
  ["1.1.21", "servicestack-client-1-1"],
  ["1.2.6", "servicestack-client-1-2"],
  ["2.1.13", "servicestack-client-2"],
] as const;

describe.each(CLIENTS)("@servicestack/client %s", (version, name) => {
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

  test("learns that a second step is needed, and goes on with it, whether or not it was signed in before", async () => {
    const { username: userName, password, recoveryCodes } = demoSecondStep;
    const [fresh, before] = [client(), client()];
    await before.post(credentials());
    for (const [n, mine] of [fresh, before].entries()) {
      const refused = await failure(mine.post(credentials({ userName, password })));
      const waits = { errorCode: "TwoFactorRequired", meta: { methods: "totp,recovery", mfaToken: expect.stringMatching(/^[\w-]{43}$/) } };
      expect(refused.responseStatus).toMatchObject(waits);
      const { mfaToken } = refused.responseStatus.meta!;
      // Without an exception too, where the client has that.
      if (!oldest) expect((await mine.api(credentials({ userName, password }))).error).toMatchObject(waits);
      // Each code works once: every client has two of its own.
      const otp = recoveryCodes[2 * CLIENTS.findIndex(([of]) => of === version) + n]!;
      const wrong = await failure(mine.post(credentials({ userName, password: undefined, meta: { mfaToken, otp: "000000" } })));
      expect(wrong.responseStatus.errorCode).toBe("Unauthorized");
      const dto = credentials({ userName, password: undefined, meta: { mfaToken, otp } });
      const done = n === 0 ? await mine.post(dto) : oldest ? await mine.send("POST", dto) : (await mine.api(dto)).response;
      expect(done.userName).toBe(userName);
      expect((await mine.get(new Authenticate())).userName).toBe(userName);
    }
  });

  test("signs in with send, which takes the method first in the oldest", async () => {
    const mine = client();
    const response = await (oldest ? mine.send("POST", credentials()) : mine.send(credentials()));
    expect(response.userName).toBe("demo");
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
  });

  test(oldest ? "has no api" : "signs in with api, which tells of failures without throwing", async () => {
    if (oldest) return expect(client().api).toBeUndefined();
    const good = await client().api(credentials());
    expect(good.succeeded).toBe(true);
    expect(good.response.userName).toBe("demo");
    const bad = await client().api(credentials({ password: "wrong" }));
    expect(bad.failed).toBe(true);
    expect(bad.error).toMatchObject({ errorCode: "Unauthorized", message: "Invalid Username or Password" });
    const empty = await client().api(new Authenticate({ provider: "credentials" }));
    expect(empty.fieldError("userName")).toMatchObject({ errorCode: "NotEmpty", fieldName: "UserName" });
    expect(empty.fieldError("password")).toMatchObject({ errorCode: "NotEmpty", fieldName: "Password" });
  });

  test("signs in with sendAll, or fails with it as a whole", async () => {
    const responses = await client().sendAll([credentials(), credentials()]);
    expect(responses.map((response: { userName: string }) => response.userName)).toEqual(["demo", "demo"]);
    const wrong = await failure(client().sendAll([credentials(), credentials({ password: "wrong" })]));
    expect(wrong.responseStatus.errorCode).toBe("Unauthorized");
  });

  test("signs in one way", async () => {
    for (const call of ["publish", "sendOneWay", "sendAllOneWay"]) {
      const mine = client();
      await mine[call](call === "sendAllOneWay" ? [credentials()] : credentials());
      expect((await mine.get(new Authenticate())).userName, call).toBe("demo");
    }
  });

  test("signs in with an e-mail address, and has its tokens in cookies only when it wants them there", async () => {
    const mine = client();
    const response = await mine.post(credentials({ userName: "DEMO@example.com", useTokenCookie: true }));
    expect(response.userName).toBe("DEMO@example.com");
    expect(response.bearerToken).toBeUndefined();
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
  });

  test("sends no password in a GET that would be taken", async () => {
    const refused = await failure(client().get(credentials()));
    expect(refused.responseStatus).toMatchObject({ errorCode: "ArgumentException", message: "A password must NOT be in a URL" });
    expect((await failure(client().get(credentials({ password: undefined })))).responseStatus.errorCode).toBe("NotSupportedException");
  });

  test("learns that a provider is unknown", async () => {
    const unknown = await failure(client().post(new Authenticate({ provider: "github", accessToken: "t" })));
    expect(unknown.responseStatus).toMatchObject({
      errorCode: "NotFound",
      message: "No configuration was added for OAuth provider 'github'",
    });
  });

  test("signs in with HTTP Basic", async () => {
    const mine = client();
    mine.setCredentials(DEMO.username, DEMO.password);
    expect((await mine.post(new Authenticate())).userName).toBe("demo");
    const got = client();
    got.setCredentials(DEMO.username, DEMO.password);
    expect((await got.get(new Authenticate())).userName).toBe("demo");
    const wrong = client();
    wrong.setCredentials(DEMO.username, "wrong");
    expect((await failure(wrong.post(new Authenticate()))).responseStatus.errorCode).toBe("Unauthorized");
  });

  test("uses a bearer token, of the other API too", async () => {
    for (const token of [(await api(server).signIn()).accessToken, (await client().post(credentials())).bearerToken]) {
      const mine = client();
      mine.bearerToken = token;
      expect((await mine.get(new Authenticate())).userName).toBe("demo");
      expect((await mine.get("/auth/me")).username).toBe("demo");
    }
  });

  test("refreshes by itself after a 401", async () => {
    const { refreshToken } = await client().post(credentials());
    const mine = client();
    mine.bearerToken = "stale.bearer.token";
    mine.refreshToken = refreshToken;
    expect((await mine.get(new Authenticate())).userName).toBe("demo");
    expect(mine.bearerToken).toMatch(/^ey/);
  });

  test("refreshes by itself after a 401 of the other API", async () => {
    const { refreshToken } = await client().post(credentials());
    const mine = client();
    mine.bearerToken = "stale.bearer.token";
    mine.refreshToken = refreshToken;
    expect((await mine.get("/auth/me")).username).toBe("demo");
    expect(mine.bearerToken).toMatch(/^ey/);
  });

  test("gets the reason of a failed refresh", async () => {
    const mine = client();
    mine.bearerToken = "stale.bearer.token";
    mine.refreshToken = "Invalid.Refresh.Token";
    const refused = await failure(mine.get(new Authenticate()));
    expect(refused.type).toBe("RefreshTokenException");
    expect(refused.responseStatus).toMatchObject({ errorCode: "ArgumentException", message: "Illegal base64url string!" });
    const asked = await failure(client().post(new GetAccessToken({ refreshToken: "Invalid.Refresh.Token" })));
    expect(asked.responseStatus).toMatchObject({ errorCode: "ArgumentException", message: "Illegal base64url string!" });
    const { refreshToken, bearerToken } = await client().post(credentials());
    const gone = client();
    gone.bearerToken = bearerToken;
    await gone.post(new Authenticate({ provider: "logout" }));
    const ended = await failure(client().post(new GetAccessToken({ refreshToken })));
    expect(ended.responseStatus).toMatchObject({ errorCode: "TokenException", message: "Token has expired" });
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
    // It tries to refresh with the cookie that is gone, and reports that failure.
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
    expect(empty.responseStatus.errors.map((error: { fieldName: string }) => error.fieldName)).toEqual(["UserName", "Password"]);
  });

  test("gets the same answer to a wrong password while it holds a refresh token", async () => {
    const mine = client();
    await mine.post(credentials());
    const wrong = await failure(mine.post(credentials({ password: "wrong" })));
    expect(wrong.responseStatus).toMatchObject({ errorCode: "Unauthorized", message: "Invalid Username or Password" });
  });

  // The others bring a fetch of their own, which knows no form but a browser's.
  if (JsonApiClient) {
    test("signs in with a form, and its DTO in the query", async () => {
      const form = new FormData();
      form.set("userName", DEMO.username);
      form.set("password", DEMO.password);
      const result = await client().apiForm(new Authenticate({ provider: "credentials" }), form);
      expect(result.response?.userName, JSON.stringify(result.error)).toBe("demo");
    });
  }

  test(JsonApiClient ? "works as JsonApiClient, which sends JSON as plain text" : "has no JsonApiClient", async () => {
    if (!JsonApiClient) return expect(version).not.toMatch(/^2/);
    expect((await JsonApiClient.create(url).post(credentials())).userName).toBe("demo");
  });
});

const hasPython = existsSync(PYTHON);
if (!hasPython) notRun("the Python client of ServiceStack", "tests/.venv, which npm test makes where python3 has venv,");

test.skipIf(!hasPython)("servicestack 0.1.15 for Python", async () => {
  const script = fileURLToPath(new URL("../../support/servicestack_client.py", import.meta.url));
  const { username, password, recoveryCodes } = demoSecondStep;
  const second = [username, password, recoveryCodes[2 * CLIENTS.length]!];
  const { stdout } = await promisify(execFile)(PYTHON, [script, url, DEMO.username, DEMO.password, ...second]);
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
    // It tries to refresh with the cookie that is gone, and reports that failure.
    "after logout": { code: 400, errorCode: "ArgumentNullException", type: expect.stringContaining("REFRESH_TOKEN") },
    "wrong password": wrong,
    // It tries to refresh after any failure, and then reports the second one.
    "wrong password again": wrong,
    "wrong basic": wrong,
    get: { code: 400, errorCode: "ArgumentException", message: "A password must NOT be in a URL" },
    form: "demo",
    "one way": "demo",
    "cookies only": [null, "demo"],
    unknown: { code: 404, errorCode: "NotFound" },
    "other API": "demo",
    empty: { code: 400, errorCode: "ValidationException", fields: ["UserName", "Password"] },
    "bad refresh": { code: 400, errorCode: "ArgumentException", message: "Illegal base64url string!" },
    "second step": { code: 401, errorCode: "TwoFactorRequired" },
    "methods of the second step": "totp,recovery",
    "after the second step": [username, username],
  });
});
