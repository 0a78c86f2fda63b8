// JSON Web Tokens by hand: also those that no library would make.

import { type JsonWebKey, type KeyObject, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

type Json = Record<string, unknown>;

const encode = (part: unknown) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** Signs as the key is, for any header: a private key, a shared secret, or nothing. */
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

/** What a token says, unverified; what its claims are is for the tests to expect. */
export function decode(token: string): { header: Json; claims: any } {
  const [header, claims] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { header, claims };
}

type Kind = "ed25519" | "x25519" | "rsa" | "P-256" | "P-384";

/** A fresh private key as a JWK. */
export const freshJwk = (kind: Kind): JsonWebKey => freshKey(kind).export({ format: "jwk" });

function freshKey(kind: Kind): KeyObject {
  switch (kind) {
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "x25519":
      return generateKeyPairSync("x25519").privateKey;
    case "rsa":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    default:
      return generateKeyPairSync("ec", { namedCurve: kind }).privateKey;
  }
}

/** The first key of a `JWT_KEYS`, in the forms that a forger might use. */
export function keyOf(jwtKeys: string) {
  const [jwk] = JSON.parse(jwtKeys).keys;
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  return { jwk, privateKey, publicKey: createPublicKey(privateKey) };
}
