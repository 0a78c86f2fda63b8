// JSON Web Tokens by hand: also those that no library would make.

import { type KeyObject, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";

type Json = Record<string, unknown>;

const encode = (part: unknown) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** Signs as the key is, whatever the header says: a private key, a shared secret, or nothing. */
export function jwt(header: unknown, claims: unknown, key?: KeyObject | string | Buffer): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${signature(signed, key)}`;
}

function signature(text: string, key?: KeyObject | string | Buffer): string {
  if (key === undefined) return "";
  if (typeof key === "string" || Buffer.isBuffer(key)) return createHmac("sha256", key).update(text).digest("base64url");
  const algorithm = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return sign(algorithm, Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

/** What a token says, unverified. */
export function decode(token: string): { header: Json; claims: any } {
  const [header, claims] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { header, claims };
}

/** The first key of a `JWT_KEYS`, in the forms that a forger might use. */
export function keyOf(jwtKeys: string) {
  const [jwk] = JSON.parse(jwtKeys).keys;
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  return { jwk, privateKey, publicKey: createPublicKey(privateKey) };
}
