// A client of the FAPI 2.0 Security Profile: it authenticates by a JWT, pushes its requests, and proves its key. Each part
// can be made wrong.

import { type JsonWebKey, type KeyObject, constants, createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { jwt } from "./jwt";
import { ISSUER, type Parameters, oauth } from "./oauth";
import type { Worker } from "./worker";

type Json = Record<string, unknown>;

const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** A JWT by PS256, which `jwt` does not make. */
function ps256(header: Json, claims: Json, key: KeyObject) {
  const signed = `${encode(header)}.${encode(claims)}`;
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return `${signed}.${sign("sha256", Buffer.from(signed), options).toString("base64url")}`;
}

export type Alg = "ES256" | "PS256" | "RS256" | "EdDSA";

/** A signing key of a client, its public JWK, and how it signs. */
export function signingKey(alg: Alg) {
  const { privateKey, publicKey } =
    alg === "ES256" ? pair() : alg === "EdDSA" ? generateKeyPairSync("ed25519") : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = randomUUID();
  const jwk: JsonWebKey = { ...publicKey.export({ format: "jwk" }), kid, use: "sig" };
  const make = alg === "PS256" ? ps256 : jwt;
  return { alg, kid, jwk, privateKey, sign: (claims: Json, header: Json = {}) => make({ alg, kid, ...header }, claims, privateKey) };
}

export type SigningKey = ReturnType<typeof signingKey>;

/** A key of DPoP, and its proofs. */
export function dpopKey(kind: "ES256" | "EdDSA" = "ES256") {
  const { privateKey, publicKey } = kind === "ES256" ? pair() : generateKeyPairSync("ed25519");
  const jwk = publicKey.export({ format: "jwk" });
  const { crv, kty, x, y } = jwk;
  // RFC 7638: the required members in lexicographic order.
  const jkt = createHash("sha256")
    .update(JSON.stringify(y ? { crv, kty, x, y } : { crv, kty, x }))
    .digest("base64url");
  return {
    jwk,
    privateKey,
    jkt,
    /** A proof; undefined takes a member out. */
    proof(htm: string, path: string, { claims = {}, header = {}, token, key = privateKey }: ProofWishes = {}) {
      const ath = token === undefined ? {} : { ath: createHash("sha256").update(token).digest("base64url") };
      const own = { jti: randomUUID(), htm, htu: `${ISSUER}${path}`, iat: Math.floor(Date.now() / 1000), ...ath, ...claims };
      return jwt({ typ: "dpop+jwt", alg: kind, jwk, ...header }, own, key === null ? undefined : key);
    },
  };
}

export type DpopKey = ReturnType<typeof dpopKey>;

export interface ProofWishes {
  claims?: Json;
  header?: Json;
  /** The access token that comes along. */
  token?: string;
  /** Another key signs; null for no signature. */
  key?: KeyObject | null;
}

export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A client with its keys, and its calls. */
export function fapiClient(worker: Worker, { id, key, dpop = dpopKey() }: { id: string; key: SigningKey; dpop?: DpopKey }) {
  const server = oauth(worker);
  const assertion = (claims: Json = {}, header: Json = {}, by: SigningKey = key) => {
    const now = Math.floor(Date.now() / 1000);
    return by.sign({ iss: id, sub: id, aud: ISSUER, jti: randomUUID(), iat: now, exp: now + 60, ...claims }, header);
  };
  const credentials = (text = assertion()) => ({ client_assertion_type: ASSERTION_TYPE, client_assertion: text });
  return {
    id,
    key,
    dpop,
    assertion,
    credentials,
    /** Pushes a request; `dpop` is the proof that comes along. */
    push: (form: Parameters, { proof, by = credentials() }: { proof?: string; by?: Parameters } = {}) =>
      server.post("/oauth/par", { ...by, ...form }, proof === undefined ? {} : { dpop: proof }),
    /** Calls the token endpoint with a proof of the client's key, unless another one is given, or null. */
    token: (form: Parameters, { proof, by = credentials() }: { proof?: string | null; by?: Parameters } = {}) =>
      server.token({ ...by, ...form }, proof === null ? {} : { dpop: proof ?? dpop.proof("POST", "/oauth/token") }),
    /** Calls UserInfo; headers as pairs, since one may come twice. */
    async userinfo(
      token: string,
      { proof, scheme = "DPoP", more = [] }: { proof?: string | null; scheme?: string; more?: [string, string][] } = {},
    ) {
      const shown = proof === undefined ? dpop.proof("GET", "/oauth/userinfo", { token }) : proof;
      const headers: [string, string][] = [
        ["authorization", `${scheme} ${token}`],
        ...(shown === null ? [] : [["dpop", shown] as [string, string]]),
        ...more,
      ];
      const answer = await worker.fetch("/oauth/userinfo", { headers });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : undefined };
    },
  };
}
