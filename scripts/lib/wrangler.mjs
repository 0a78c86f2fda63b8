// wrangler, as this project calls it.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Stop, capture, root, run } from "./steps.mjs";

const PROGRAM = join(root, "node_modules/wrangler/bin/wrangler.js");
const ENVIRONMENT = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };

/** Runs a wrangler command and shows its output; stops when it fails. */
export function wrangler(args, options = {}) {
  return run(process.execPath, [PROGRAM, ...args], { ...options, env: ENVIRONMENT });
}

/** Runs a wrangler command quietly: its status and what it printed. */
export function askWrangler(args) {
  return capture(process.execPath, [PROGRAM, ...args], { env: ENVIRONMENT });
}

/** Stops with one line when something else listens on the port already. */
export async function checkPort(port) {
  const server = createServer();
  const error = await new Promise((resolve) => server.on("error", resolve).listen(port, "127.0.0.1", resolve));
  if (error) {
    const reason = error.code === "EADDRINUSE" ? `port ${port} is busy` : `port ${port} cannot be used (${error.code})`;
    throw new Stop(`${reason}: end what listens there, or choose another, as in PORT=8788 npm run dev`);
  }
  await new Promise((resolve) => server.close(resolve));
}

/**
 * Starts `wrangler dev` on this machine alone. Its URL says `localhost`, since passkeys work on no address.
 *
 * `envFile` stands in for `.dev.vars`, `state` for `.wrangler/state`, `config` for `wrangler.toml`. `serving` resolves when it
 * answers, `ended` when it has ended; `stop()` ends it. Both reject when it ends by itself.
 */
export function startDev({ port, envFile, state, config, stdio = "inherit" }) {
  const url = `http://localhost:${port}`;
  const args = ["dev", "--ip", "127.0.0.1", "--port", String(port), "--var", `PUBLIC_URL:${url}`];
  args.push("--show-interactive-dev-session=false");
  if (envFile) args.push("--env-file", envFile);
  if (state) args.push("--persist-to", state);
  if (config) args.push("--config", config);
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: root, env: { ...process.env, ...ENVIRONMENT }, stdio });
  let stopping = false;
  const ended = new Promise((resolve) => child.on("close", resolve)).then(() => {
    if (!stopping) throw new Stop("wrangler dev ended by itself (see above)");
  });
  const stop = () => {
    stopping = true;
    child.kill("SIGTERM");
    return ended;
  };
  return { url, serving: Promise.race([untilItAnswers(url, child), ended]), ended, stop };
}

async function untilItAnswers(url, child) {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
      await reply.arrayBuffer();
      return;
    } catch {
      await sleep(100);
    }
  }
}
