// The static assets, as Cloudflare serves them beside the worker: build/public.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { readText, root } from "./steps.mjs";

/** The folder that `wrangler.toml` names. */
export const PUBLIC = join(root, "build/public");

/** What pages load. */
const ASSETS = [
  "src/wire/pages/assets/style.css",
  "src/wire/pages/assets/page.js",
  "src/wire/pages/assets/post.js",
  "src/wire/pages/assets/icon.svg",
  "src/wire/openapi/explorer/explorer.css",
  "src/wire/openapi/explorer/explorer.js",
];
/** The page of the API explorer, which names what it loads as `{style.css}`. */
const EXPLORER = "src/wire/openapi/explorer/explorer.html";
/** The description of every operation. */
const OPENAPI = "src/wire/openapi/openapi.json";

/** Browsers keep what pages load for ever: a file with other content has another name. */
const HEADERS = `/assets/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox

/openapi.json
  Cache-Control: public, max-age=300
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Content-Security-Policy: default-src 'none'; sandbox

/explorer
  Cache-Control: public, max-age=300
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  X-Robots-Tag: noindex
  Cross-Origin-Opener-Policy: same-origin
  Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
`;

/** FNV-1a of 64 bits, as src/wire/pages/assets.rs computes it. */
export function fnv1a(content) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of content) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

/** Writes the files, minified; what pages load under names that have a hash of their source. */
export async function buildAssets() {
  const { transform } = await import("esbuild"); // one of the packages, which may just have been installed
  rmSync(PUBLIC, { recursive: true, force: true });
  mkdirSync(join(PUBLIC, "assets"), { recursive: true });
  let explorer = readText(EXPLORER);
  for (const path of ASSETS) {
    const source = readFileSync(join(root, path));
    const loader = { ".css": "css", ".js": "js" }[extname(path)];
    const content = loader ? (await transform(source, { loader, minify: true })).code : source;
    const [name, extension] = path.split("/").at(-1).split(".");
    const served = `/assets/${name}.${fnv1a(source)}.${extension}`;
    writeFileSync(join(PUBLIC, served), content);
    explorer = explorer.replaceAll(`{${name}.${extension}}`, served);
  }
  writeFileSync(join(PUBLIC, "explorer.html"), explorer);
  writeFileSync(join(PUBLIC, "openapi.json"), JSON.stringify(JSON.parse(readText(OPENAPI))));
  writeFileSync(join(PUBLIC, "_headers"), HEADERS);
}
