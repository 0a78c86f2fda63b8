// The worker's entry: hands Cloudflare's events to the compiled crate, and gives it a fresh instance after a panic.

import * as crate from "edgelatch"; // what bindgen wrote: see scripts/lib/build.mjs

/** Whether the instance has panicked: nothing in its memory can be relied upon any more. */
let panicked = false;

function note(error) {
  if (error instanceof WebAssembly.RuntimeError) panicked = true;
}

// A panic after a wait has no caller that would catch it.
addEventListener("error", ({ error }) => note(error));
addEventListener("unhandledrejection", ({ reason }) => note(reason));

// The crate goes on after each of its waits in a microtask. The reaction of a promise stays in JavaScript, where the runtime's own function
// leaves it and comes back, which takes 20 microseconds of a request.
globalThis.queueMicrotask = (work) => void Promise.resolve().then(work);

async function handle(event, ...values) {
  if (panicked) {
    panicked = false;
    crate.__wbg_reset_state();
  }
  try {
    return await event(...values);
  } catch (error) {
    note(error);
    throw error;
  }
}

// Plain functions: an object of a class would be made anew for every request.
export default {
  fetch: (request, env, context) => handle(crate.fetch, request, env, context),
  scheduled: (event, env, context) => handle(crate.scheduled, event, env, context),
};
