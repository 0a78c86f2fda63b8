// What is sealed with DATA_KEY, as src/auth/data_key.rs opens it.

import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";

/**
 * Encrypts a text for one purpose, bound to its context, with the first key of the setting.
 *
 * @param {string} dataKey
 * @param {string} purpose
 * @param {string} context
 * @param {string} text
 */
export function seal(dataKey, purpose, context, text) {
  const key = Buffer.from(dataKey.split(",")[0].trim(), "base64url");
  const derive = (use, length) => Buffer.from(hkdfSync("sha256", key, "", `edgelatch/${use}`, length));
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", derive(purpose, 32), nonce).setAAD(Buffer.from(context));
  const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return derive("key-id", 3).toString("base64url") + Buffer.concat(sealed).toString("base64url");
}
