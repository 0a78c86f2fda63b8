// Tokens as the worker makes them, for sessions that no sign-in opened: see src/auth/token.rs, session.rs and data_key.rs.

import { createHmac, createPrivateKey, hkdfSync, sign } from "node:crypto";

/** Makes tokens with the worker's keys, after the model of an access token that it issued itself. */
export function tokenMaker({ jwtKeys, dataKey }, model) {
  const signingKey = createPrivateKey({ key: JSON.parse(jwtKeys).keys[0], format: "jwk" });
  const [header, claims] = model.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
  const derive = (use, length) => Buffer.from(hkdfSync("sha256", Buffer.from(dataKey, "base64url"), "", use, length));
  const keyId = derive("edgelatch/key-id", 3).toString("base64url");
  const refreshKey = derive("edgelatch/refresh", 32);

  return {
    accessToken({ id, username, sessionId }) {
      const iat = Math.floor(Date.now() / 1000);
      const own = { ...claims, id, sub: id, username, email: `${username}@example.com`, sid: sessionId, iat, exp: iat + 900 };
      const text = [header, own].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
      return `${text}.${sign(null, Buffer.from(text), signingKey).toString("base64url")}`;
    },
    refreshToken({ sessionId }, n = 0) {
      const mac = createHmac("sha256", refreshKey);
      for (const part of [sessionId, String(n)]) {
        const length = Buffer.alloc(8);
        length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
        mac.update(length).update(part);
      }
      return `${sessionId}.${n}.${keyId}${mac.digest("base64url")}`;
    },
  };
}
