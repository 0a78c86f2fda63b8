// The demo's clients, and the examples of the documents: as they are printed there, but for where things are.

import { createServer } from "node:http";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oauthSettings as demoOAuth } from "../../../scripts/lib/demo.mjs";
import { seedOAuth } from "../../../scripts/lib/local-db.mjs";
import { DEMO } from "../../support/api";
import { CHROMIUM, startChromium } from "../../support/chromium";
import { blocks, examples } from "../../support/examples";
import { useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { oauthSettings } from "../../support/oauth";
import { freePort } from "../../support/ports";
import { type Screen, visitor } from "../../support/visitor";

const [port, appPort, mcpPort] = [await freePort(), await freePort(), await freePort()];
const issuer = `http://localhost:${port}`;
const { worker } = useWorker({ port, assets: true, settings: { PUBLIC_URL: issuer, ...oauthSettings(), ...demoOAuth } });
const app = `http://localhost:${appPort}`;
const mcp = `http://localhost:${mcpPort}`;
const programs = examples({
  "http://localhost:8787": issuer,
  "http://localhost:5173": app,
  "http://localhost:5174": mcp,
  "listen(5173)": `listen(${appPort})`,
  "listen(5174)": `listen(${mcpPort})`,
});
/** An example of docs/oauth.md, by its name. */
const example = (name: string) => {
  const code = blocks("docs/oauth.md").find((code) => code.startsWith(`// ${name}\n`));
  if (code === undefined) throw new Error(`no example ${name}`);
  return programs.write(name, code);
};
const password = { username: DEMO.username, password: DEMO.password };

/** A person who opens an address, signs in, and allows what is asked; where the browser then is. */
async function allowed(url: URL | string, ann = visitor(worker)): Promise<Screen> {
  const { pathname, search } = new URL(url);
  let screen = await ann.open(pathname + search);
  if (screen.path.startsWith("/sign-in")) screen = await ann.submit(screen, password);
  if (screen.path.startsWith("/device")) screen = await ann.submit(screen, {}, { action: "/device" });
  if (screen.elsewhere === undefined) screen = await ann.submit(screen, { allow: "on" });
  return screen;
}
/** Waits until somebody listens there. */
const listening = async (url: string) => {
  await expect
    .poll(
      () =>
        fetch(url, { redirect: "manual" }).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
};

beforeAll(async () => {
  await seedOAuth(worker.db as never);
  const moved = "update oauth_clients set metadata = replace(metadata, 'http://localhost:5173', ?)";
  await worker.db.prepare(moved).bind(app).run();
});
afterAll(() => programs.stop());

describe("README.md", () => {
  test("its five lines sign somebody in", async () => {
    const [first] = blocks("README.md");
    expect(first!.trim().split("\n")).toHaveLength(5);
    const program = programs.start(programs.write("readme.mjs", first!));
    const [, link] = await program.until(/Open (\S+)/);
    await allowed(link!);
    const [, sub] = await program.until(/sub: '([^']+)'/);
    expect(sub).toBe("00000000-0000-4000-8000-000000000004");
  });
});

describe("docs/oauth.md", () => {
  test("has an example for each kind of app", () => {
    const names = blocks("docs/oauth.md").map((code) => /^\/\/ (\S+)/.exec(code)?.[1]);
    expect(names).toEqual(["server.mjs", "page.mjs", "native.mjs", "device.mjs", "service.mjs", "mcp.mjs"]);
  });

  test("a web server", async () => {
    const program = programs.start(example("server.mjs"));
    await listening(app);
    const begun = await fetch(app, { redirect: "manual" });
    const back = await allowed(begun.headers.get("location")!);
    const headers = { cookie: begun.headers.get("set-cookie")!.split(";")[0]! };
    expect(await (await fetch(back.elsewhere!, { headers })).text()).toBe("Hello, Demo");
    // The code of somebody else's browser is worth nothing here.
    expect((await fetch(back.elsewhere!)).status).toBe(400);
    await program.stop();
  });

  test.skipIf(CHROMIUM === undefined)("a single page, in Chromium", async () => {
    const glue = `import { refreshed, signedIn, signIn, signOut, user } from ${JSON.stringify(example("page.mjs"))};
      const tokens = await signedIn();
      document.body.innerHTML = '<p></p><button id="in">In</button><button id="out">Out</button>';
      document.querySelector("#in").onclick = signIn;
      document.querySelector("#out").onclick = () => signOut(tokens);
      if (tokens) document.querySelector("p").textContent = (await user(await refreshed(tokens))).name;`;
    const stdin = { contents: glue, resolveDir: process.cwd() };
    const bundle = await build({ stdin, bundle: true, format: "esm", write: false, target: "es2022" });
    const script = bundle.outputFiles[0]!.text;
    const server = createServer((request, response) => {
      const isScript = request.url === "/page.js";
      response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
      response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(appPort, resolve));
    const chromium = await startChromium();
    try {
      const page = await chromium.newPage();
      await page.goto(app);
      await page.click("#in");
      await page.fill("input[name=username]", DEMO.username);
      await page.fill("input[name=password]", DEMO.password);
      await page.press("input[name=password]", "Enter");
      await page.click("button[name=allow]");
      await expect.poll(() => page.textContent("p"), { timeout: 20_000 }).toBe("Demo");
      expect(new URL(page.url()).search).toBe("");
      await page.click("#out");
      await expect.poll(() => page.textContent("h1"), { timeout: 20_000 }).toBe("You are signed out");
    } finally {
      await chromium.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("a mobile app", async () => {
    const { signIn } = await import(example("native.mjs"));
    const { url, finish } = await signIn();
    const back = await allowed(url);
    expect(back.elsewhere!.protocol).toBe("com.example.app:");
    const tokens = await finish(back.elsewhere!.href);
    expect(tokens).toMatchObject({ scope: "openid offline_access", refresh_token: expect.any(String) });
    expect(tokens.claims().sub).toBeTruthy();
  });

  test("a device", async () => {
    const program = programs.start(example("device.mjs"));
    const [, where, code] = await program.until(/Open (\S+) and type (\S+)/);
    await allowed(`${where}?user_code=${code}`);
    await program.until(/name: 'Demo'/);
  });

  test("a service", async () => {
    const [token] = await programs.start(example("service.mjs")).until(/ey[\w.-]+/);
    expect(decode(token).claims).toMatchObject({ sub: "client:demo-service", aud: "https://reports.example", scope: "reports:read" });
  });
});

describe("the MCP SDK's client, unmodified, at the example's server", () => {
  /** What the SDK keeps of a client: it registers itself, and its user allows what it asks. */
  function mcpClient(metadata: object = {}) {
    const kept: Record<string, any> = {};
    const provider = {
      redirectUrl: "http://127.0.0.1:33418/callback",
      clientMetadata: {
        client_name: "A tool",
        redirect_uris: ["http://127.0.0.1:33418/callback"],
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        ...metadata,
      },
      clientInformation: () => kept.client,
      saveClientInformation: (client: object) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (tokens: object) => void (kept.tokens = tokens),
      redirectToAuthorization: (url: URL) => void (kept.url = url),
      saveCodeVerifier: (verifier: string) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
    };
    return { kept, provider };
  }
  const call = (token?: string) => fetch(`${mcp}/mcp`, { headers: token ? { authorization: `Bearer ${token}` } : {} });

  test("finds us by the server, registers, and gets tokens for that server alone, and new ones", async () => {
    programs.start(example("mcp.mjs"));
    await listening(mcp);
    const refused = await call();
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain(`resource_metadata="${mcp}/.well-known/oauth-protected-resource/mcp"`);
    const { kept, provider } = mcpClient();
    expect(await auth(provider as never, { serverUrl: `${mcp}/mcp` })).toBe("REDIRECT");
    expect(kept.url.searchParams.get("resource")).toBe(`${mcp}/mcp`);
    const back = await allowed(kept.url);
    const authorizationCode = back.elsewhere!.searchParams.get("code")!;
    expect(await auth(provider as never, { serverUrl: `${mcp}/mcp`, authorizationCode })).toBe("AUTHORIZED");
    expect(decode(kept.tokens.access_token).claims).toMatchObject({ aud: `${mcp}/mcp`, scope: "mcp:tools" });
    expect(await (await call(kept.tokens.access_token)).json()).toEqual({ user: "00000000-0000-4000-8000-000000000004" });
    expect((await fetch(`${issuer}/auth/me`, { headers: { authorization: `Bearer ${kept.tokens.access_token}` } })).status).toBe(401);
    const before = kept.tokens;
    expect(await auth(provider as never, { serverUrl: `${mcp}/mcp` })).toBe("AUTHORIZED");
    expect(kept.tokens.refresh_token).not.toBe(before.refresh_token);
    expect((await call(kept.tokens.access_token)).status).toBe(200);
    expect((await call(before.refresh_token)).status).toBe(401);
  });
});
