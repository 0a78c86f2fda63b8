// Fresh secrets for a deployment.

import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";

/** A text of 256 random bits, base64url. */
export function randomSecret() {
  return randomBytes(32).toString("base64url");
}

/** `JWT_KEYS`: a private JWK set of one key, named by its thumbprint (RFC 7638). */
export function freshJwtKeys({ es256 = false } = {}) {
  const { privateKey } = es256 ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const jwk = privateKey.export({ format: "jwk" });
  const { crv, kty, x, y } = jwk;
  const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  return JSON.stringify({ keys: [{ ...jwk, kid, alg: es256 ? "ES256" : "EdDSA", use: "sig" }] });
}

/** `DATA_KEY`: one key of 32 bytes. */
export const freshDataKey = randomSecret;
