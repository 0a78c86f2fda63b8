// The examples in the documents, as programs that run.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/steps.mjs";

/** The blocks of JavaScript in a document. */
export const blocks = (document: string) =>
  [...readFileSync(join(root, document), "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

/** A folder for examples, from which the packages of the project are found. `places` is what they name, and what is there instead. */
export function examples(places: Record<string, string>) {
  mkdirSync(join(root, "target"), { recursive: true });
  const folder = mkdtempSync(join(root, "target", "examples-"));
  const running: ChildProcessWithoutNullStreams[] = [];
  const write = (name: string, code: string) => {
    const moved = Object.entries(places).reduce((text, [here, there]) => text.replaceAll(here, there), code);
    const path = join(folder, name);
    writeFileSync(path, moved);
    return path;
  };
  return {
    write,
    /** Starts a program; `until` gives what it has printed, when there is something of that form. */
    start(path: string) {
      const child = spawn(process.execPath, [path], { env: { ...process.env, NODE_OPTIONS: "" } });
      running.push(child);
      let printed = "";
      child.stderr.on("data", (text) => (printed += text));
      const until = (pattern: RegExp) =>
        new Promise<RegExpExecArray>((resolve, reject) => {
          const look = () => {
            const found = pattern.exec(printed);
            if (found) resolve(found);
          };
          child.stdout.on("data", (text) => ((printed += text), look()));
          child.on("close", (status) => (look(), reject(new Error(`ended with ${status}: ${printed}`))));
        });
      const stop = () =>
        new Promise<void>((resolve) => {
          child.on("close", () => resolve());
          child.kill();
        });
      return { until, stop };
    },
    stop() {
      for (const child of running) child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
