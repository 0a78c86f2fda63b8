// Fresh secrets for a deployment.

import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";

/** How long a new key is published before it signs, in seconds: twice as long as a key set may be cached. */
const PUBLISHED_FIRST = 600;
/** What makes a key a private one, and what says when it begins. */
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "nbf"];

/** A text of 256 random bits, base64url. */
export function randomSecret() {
  return randomBytes(32).toString("base64url");
}

/** `JWT_KEYS`: a private JWK set. The first key signs access tokens, the RSA key ID Tokens, unless a client wants others. */
export function freshJwtKeys({ es256 = false } = {}) {
  return JSON.stringify({ keys: freshKeys(es256) });
}

/**
 * `JWT_KEYS` with fresh keys in front, which sign in ten minutes: until then everybody has had time to read them. The keys that signed
 * last go on until then, and verify afterwards; older ones only verify, and so are public from now on.
 */
export function rotatedJwtKeys(present, { es256 = false } = {}, now = Math.floor(Date.now() / 1000)) {
  const { keys } = JSON.parse(present);
  const fresh = freshKeys(es256).map((key) => ({ ...key, nbf: now + PUBLISHED_FIRST }));
  const signing = new Set();
  const kept = keys.map((key) => {
    const signs = "d" in key && !(key.nbf > now) && !signing.has(key.kty === "RSA");
    if (!signs) return Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE.includes(name)));
    signing.add(key.kty === "RSA");
    return key;
  });
  return JSON.stringify({ keys: [...fresh, ...kept] });
}

function freshKeys(es256) {
  const first = es256 ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return [jwk(first.privateKey, es256 ? "ES256" : "EdDSA"), jwk(rsa.privateKey, "RS256")];
}

/** A private JWK, named by its thumbprint (RFC 7638). */
function jwk(privateKey, alg) {
  const key = privateKey.export({ format: "jwk" });
  const { crv, e, kty, n, x, y } = key;
  const kid = createHash("sha256").update(JSON.stringify({ crv, e, kty, n, x, y })).digest("base64url");
  return { ...key, kid, alg, use: "sig" };
}

/** `DATA_KEY`: one key of 32 bytes. */
export const freshDataKey = randomSecret;
