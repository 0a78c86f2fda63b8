// The whole API, fuzzed by schemathesis from the OpenAPI document: no 5xx, and no answer outside the document.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCHEMATHESIS } from "../../../scripts/lib/python.mjs";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { MANAGES, useManagement } from "../../support/management";
import { freePort } from "../../support/ports";

const missing = !existsSync(SCHEMATHESIS);
if (missing) notRun("the fuzz by the OpenAPI document", "tests/.venv, which npm test makes where python3 has venv,");

const port = await freePort();
// By name: at an IP address there are no passkeys.
const origin = `http://localhost:${port}`;
// Plain bearers, so that what is fuzzed cannot end the session that fuzzes.
const { worker, root, withPermissions } = useManagement({
  port,
  assets: true,
  settings: { PUBLIC_URL: origin, COMPATIBILITY: "plain-bearer", DEV_MAILBOX: "on" },
});

const CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"];

/** What schemathesis says, and how it ends. */
function fuzz(folder: string, seed: number, ...options: string[]) {
  const args = ["run", `${origin}/openapi.json`, "--checks", CHECKS.join(","), "--phases", "examples,coverage,fuzzing"];
  args.push("--max-examples", "25", "--seed", String(seed), "--no-shrink", "--continue-on-failure", "--suppress-health-check", "all");
  args.push("--warnings", "off", "--no-color", "--max-redirects", "0", "--request-timeout", "30", ...options);
  return new Promise<{ code: number; told: string }>((resolve) =>
    execFile(SCHEMATHESIS, args, { cwd: folder, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), told: stdout + stderr }),
    ),
  );
}

describe.skipIf(missing)("schemathesis", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "edgelatch-fuzz-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ["a stranger", async (): Promise<string | undefined> => undefined],
    ["an administrator", async (): Promise<string> => root().accessToken],
    ["an administrator of one tenant", async (): Promise<string> => (await withPermissions(MANAGES)).accessToken],
  ] as const)(
    "finds no 5xx and no answer outside the document, as %s",
    async (_, sign) => {
      const token = await sign();
      const { code, told } = await fuzz(folder, 17, ...(token ? ["--header", `Authorization: Bearer ${token}`] : []));
      expect(told).toMatch(/\d+ passed|No issues found/);
      expect(code, told).toBe(0);
      expect((await worker.fetch("/health")).status).toBe(200);
    },
    600_000,
  );
});
