// The Python client that the tests try, in an environment of its own.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { capture, root, run, say } from "./steps.mjs";

const PACKAGE = "servicestack";
const VERSION = "0.1.15";
const VENV = join(root, "tests/.venv");

/** The Python that has the client, once it is installed. */
export const PYTHON = join(VENV, "bin/python");

/** Installs the client into tests/.venv where Python 3 is found. Where it is not, its test says so. */
export async function installPythonClient() {
  if (existsSync(PYTHON)) {
    const { stdout } = await capture(PYTHON, ["-c", `from importlib.metadata import version; print(version("${PACKAGE}"))`]);
    if (stdout.trim() === VERSION) return;
  }
  if ((await capture("python3", ["-c", "import venv, ensurepip"])).status !== 0) return;
  say(`installing ${PACKAGE} ${VERSION} for Python into tests/.venv`);
  await run("python3", ["-m", "venv", "--clear", VENV], { failure: "tests/.venv could not be made (see above)" });
  await run(PYTHON, ["-m", "pip", "install", "--quiet", `${PACKAGE}==${VERSION}`], {
    failure: `${PACKAGE} for Python could not be installed (see above): is PyPI reachable?`,
  });
}
