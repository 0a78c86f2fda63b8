// The packaged ServiceStack client for Java, unmodified, over HTTP: its JVM keeps cookies as no browser does.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { JAVA_CLIENTS, jarsOf } from "../../../scripts/lib/java.mjs";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { DEMO } from "../../support/api";
import { freePort } from "../../support/ports";
import { servicestack } from "../../support/servicestack";
import { type Worker, startWorker } from "../../support/worker";

// A virtual machine and a compiler start for each, possibly beside a build.
vi.setConfig({ testTimeout: 120_000 });

const hasJava =
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "javac"))) &&
  JAVA_CLIENTS.every((version) => existsSync(jarsOf(version)));
if (!hasJava) notRun("the Java client of ServiceStack", ".tools/java, which npm test makes where a JDK and Maven are found,");

const program = fileURLToPath(new URL("../../support/java/ServiceStackClient.java", import.meta.url));
/** A time zone that no server is in by default, so that a time that is read as local shows. */
const ELSEWHERE = "-Duser.timezone=Pacific/Chatham";

let worker: Worker;
beforeAll(async () => {
  if (hasJava) worker = await startWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web" }, port: await freePort() });
});
afterAll(() => worker?.stop());

test.skipIf(!hasJava).each(JAVA_CLIENTS)("net.servicestack:client %s signs in, refreshes and signs out with cookies", async (version) => {
  const start = Date.now();
  const { stdout } = await promisify(execFile)("java", [
    ELSEWHERE,
    "-cp",
    join(jarsOf(version), "*"),
    program,
    await worker.url(),
    DEMO.username,
    DEMO.password,
  ]);
  const told = JSON.parse(stdout);
  const newer = version === "1.0.49";
  const dead = { code: 403, errorCode: "TokenException" };
  expect(told).toMatchObject({
    "signed in": "demo",
    "cookie header": expect.stringMatching(/^\$Version="1"; .*ss-tok="ey[^"]*";\$Path="\/"/),
    "known by cookies": "demo",
    refreshed: true,
    "known after the refresh": "demo",
    "cookies after sign-out": 0,
    "after sign-out": { code: 401, errorCode: "Unauthorized" },
    "dead refresh token": dead,
    // It asks once for a fresh token, and gives up at the answer.
    "with dead cookies": newer ? { type: "RefreshTokenException", ...dead } : { code: 401 },
    "requests with dead cookies": newer ? 2 : 1,
  });
  expect(told["refreshes by itself"]).toBe(newer ? "demo" : undefined);
  const expiry = told["refresh token expiry"] - start;
  expect(expiry).toBeGreaterThan(86_400_000 - 1000);
  expect(expiry).toBeLessThan(86_400_000 + Date.now() - start);
  const { bearer } = servicestack(worker);
  for (const token of ["bearer token", "refreshed token"])
    expect((await bearer(told[token])).status, `${token}: the session is over`).toBe(401);
});
