// A client's own pages on loopback: one that sends a form to a start of ours, and one that codes come to.

import { createServer } from "node:http";
import { DEMO_WEB } from "./api";
import { freePort } from "./ports";

/** Serves them; `start` is where the form goes. */
export async function startClientPage(start: (provider: string) => string) {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const input = ([name, value]: [string, string]) => `<input type="hidden" name="${name}" value="${value}">`;
  const form = (provider: string) =>
    `<form method="post" action="${start(provider)}">${Object.entries({ ...DEMO_WEB, state: "theirs" })
      .map(input)
      .join("")}<button>Sign in</button></form>`;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, origin);
    response.setHeader("content-type", "text/html");
    if (pathname === "/") response.end(`<!doctype html><title>The client</title>${form(searchParams.get("with") ?? "")}`);
    else if (pathname === "/callback") response.end("<!doctype html><title>Back at the client</title>");
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(origin).port), "127.0.0.1", resolve));
  return {
    /** The page with the form. */
    page: (provider: string) => `${origin}/?with=${provider}`,
    /** Where codes come to. */
    callback: `${origin}/callback`,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}
