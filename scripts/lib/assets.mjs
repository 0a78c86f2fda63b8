// The static assets of the pages, as Cloudflare serves them beside the worker: build/public.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./steps.mjs";

/** The folder that `wrangler.toml` names. */
export const PUBLIC = join(root, "build/public");

const SOURCES = join(root, "src/wire/pages/assets");
/** Name and extension of each. */
const ASSETS = [
  ["style", "css"],
  ["page", "js"],
  ["icon", "svg"],
];

/** Browsers keep a file for ever: one with other content has another name. */
const HEADERS = `/assets/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox
`;

/** FNV-1a of 64 bits, as src/wire/pages/assets.rs computes it. */
export function fnv1a(content) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of content) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

/** Writes the files, minified, under names that have a hash of their source. */
export async function buildAssets() {
  const { transform } = await import("esbuild"); // one of the packages, which may just have been installed
  const folder = join(PUBLIC, "assets");
  rmSync(PUBLIC, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, extension] of ASSETS) {
    const source = readFileSync(join(SOURCES, `${name}.${extension}`));
    const loader = { css: "css", js: "js" }[extension];
    const content = loader ? (await transform(source, { loader, minify: true })).code : source;
    writeFileSync(join(folder, `${name}.${fnv1a(source)}.${extension}`), content);
  }
  writeFileSync(join(PUBLIC, "_headers"), HEADERS);
}
