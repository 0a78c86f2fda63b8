// What the tests use of PyPI, in an environment of its own: the ServiceStack client, and a fuzzer that reads OpenAPI documents.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { capture, root, run, say } from "./steps.mjs";

const PACKAGES = ["servicestack==0.1.15", "schemathesis==4.32.5"];
const VENV = join(root, "tests/.venv");
const INSTALLED = `
from importlib.metadata import PackageNotFoundError, version
import sys
for package in sys.argv[1:]:
    name = package.split("==")[0]
    try:
        print(f"{name}=={version(name)}")
    except PackageNotFoundError:
        pass
`;

/** The Python that has the client, once it is installed. */
export const PYTHON = join(VENV, "bin/python");
/** The fuzzer, once it is installed. */
export const SCHEMATHESIS = join(VENV, "bin/schemathesis");

/** Installs them into tests/.venv where Python 3 is found. Where it is not, their tests say so. */
export async function installPythonPackages() {
  if (existsSync(PYTHON)) {
    const { stdout } = await capture(PYTHON, ["-c", INSTALLED, ...PACKAGES]);
    if (stdout.trim() === PACKAGES.join("\n")) return;
  }
  if ((await capture("python3", ["-c", "import venv, ensurepip"])).status !== 0) return;
  say(`installing ${PACKAGES.join(" and ")} into tests/.venv`);
  await run("python3", ["-m", "venv", "--clear", VENV], { failure: "tests/.venv could not be made (see above)" });
  await run(PYTHON, ["-m", "pip", "install", "--quiet", ...PACKAGES], {
    failure: "what the tests need of PyPI could not be installed (see above): is PyPI reachable?",
  });
}
