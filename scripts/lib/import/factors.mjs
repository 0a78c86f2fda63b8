// Second factors that come along: authenticator apps, passkeys and recovery codes, as the worker stores them (src/store/passkeys.rs,
// src/edge/flows/factors/apps.rs).

import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { Stop } from "../steps.mjs";

/** As many as a person may have (src/auth/factor/kind.rs). */
const MOST = 20;
/** No system makes more recovery codes at a time than a tenth of it; each makes a guess a little likelier. */
const MOST_CODES = 100;
/** The longest name of one, in characters (src/wire/loopback/models/own_factors.rs). */
const LONGEST_NAME = 100;
const ALGORITHMS = new Map([
  ["HmacSHA1", "SHA1"],
  ["HmacSHA256", "SHA256"],
  ["HmacSHA512", "SHA512"],
]);
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** A recovery code of another service (src/auth/factor/recovery.rs). */
const MOVED_CODE = /^(?:[A-Z0-9]{10,15}|[0-9A-F]{8})$/;
/** The shortest secret that any app makes, in bytes: ARC's. */
const SHORTEST_SECRET = 10;

/** Encrypts and digests as src/auth/data_key.rs does: AES-256-GCM and HMAC under a key derived for the use, the key's id in front. */
export class Sealer {
  /** @param {string | undefined} list the setting DATA_KEY, whose first key makes */
  constructor(list) {
    const first = (list ?? "")
      .split(",")
      .map((key) => key.trim())
      .find(Boolean);
    if (!first)
      throw new Stop("second factors are sealed with DATA_KEY: set the environment variable of that name, or say --without-factors");
    this.key = Buffer.from(first, "base64url");
    if (this.key.length !== 32) throw new Stop("DATA_KEY must be a list of base64url keys of 32 bytes each");
    this.id = this.#derive("edgelatch/key-id", 3).toString("base64url");
  }

  #derive(use, length = 32) {
    return Buffer.from(hkdfSync("sha256", this.key, "", use, length));
  }

  seal(use, context, text) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#derive(use), nonce).setAAD(Buffer.from(context));
    const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
    return this.id + Buffer.concat(sealed).toString("base64url");
  }

  /** A digest that nobody makes without the key. */
  tag(use, text) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(text)));
    return this.id + createHmac("sha256", this.#derive(use)).update(length).update(text).digest("base64url");
  }
}

/**
 * The rows of a person's factors, sealed; what cannot be one is told.
 *
 * @param {{ factors: object[], id: string, createdOn: number }} person
 * @param {{ sealer: () => Sealer, rpId: string | undefined }} place
 */
export function factorsOf({ factors, id: userId, createdOn }, { sealer, rpId }, tell) {
  const rows = [];
  for (const factor of factors.filter(({ kind }) => kind !== "recovery")) {
    const common = { id: randomUUID(), kind: factor.kind, name: nameOf(factor), createdOn: factor.createdOn ?? createdOn };
    const row = factor.kind === "totp" ? totpOf(factor) : factor.kind === "passkey" ? passkeyOf(factor, rpId) : null;
    if (row === null) tell("left out", "a second factor that cannot be read");
    else if (rows.length === MOST) tell("left out", `a second factor beyond ${MOST}`);
    else if (row.secret === undefined) rows.push({ ...common, ...row });
    else rows.push({ ...common, ...row, secret: sealer().seal("edgelatch/totp", `${userId}/${common.id}`, row.secret) });
  }
  const codes = recoveryCodesOf(factors, sealer, tell);
  if (codes.length > 0 && rows.length === 0) tell("changed", "recovery codes: nothing asks for them before there is a second factor");
  return [...rows, ...codes];
}

/** Digests of digests, of codes as they are typed. They are so short that the digest needs the key. */
function recoveryCodesOf(factors, sealer, tell) {
  const sets = factors.filter(({ kind }) => kind === "recovery");
  const given = sets.flatMap(({ codes = [], digests = [] }) => [...codes.map(digestOfCode), ...digests.map(hashOf)]);
  const hashes = given.filter(Boolean);
  if (hashes.length < given.length) tell("left out", "recovery codes that cannot be read");
  if (hashes.length > MOST_CODES) tell("left out", `recovery codes beyond ${MOST_CODES}`);
  const digestOf = (hash) => sealer().tag("edgelatch/recovery-code", hash.toString("base64url"));
  return hashes.slice(0, MOST_CODES).map((hash) => ({ kind: "recovery", digest: digestOf(hash) }));
}

function digestOfCode(text) {
  const code = text.replace(/[\s-]/g, "").toUpperCase();
  return MOVED_CODE.test(code) ? createHash("sha512").update(code).digest() : null;
}

function hashOf(text) {
  const bytes = Buffer.from(String(text ?? ""), "base64");
  return bytes.length === 64 ? bytes : null;
}

const nameOf = ({ kind, name }) => {
  const text = typeof name === "string" ? [...name.replace(/\p{Cc}/gu, "").trim()].slice(0, LONGEST_NAME).join("") : "";
  return text || (kind === "totp" ? "Authenticator app" : "Passkey");
};

/** An authenticator app: its secret in base 32, or the bytes of a text, with its own algorithm, digits and period. */
function totpOf({ base32, key, digits = 6, period = 30, algorithm = "HmacSHA1" }) {
  const secret = base32 !== undefined ? plainBase32(base32) : typeof key === "string" && key !== "" ? base32Of(Buffer.from(key)) : null;
  const isRead = Number.isInteger(digits) && digits >= 6 && digits <= 8 && Number.isInteger(period) && period >= 1 && period <= 3600;
  if (secret === null || !isRead || !ALGORITHMS.has(algorithm)) return null;
  return { secret, algorithm: ALGORITHMS.get(algorithm), digits, period };
}

function plainBase32(text) {
  const secret = String(text)
    .toUpperCase()
    .replace(/[\s=-]/g, "");
  return /^[A-Z2-7]+$/.test(secret) && Math.floor((secret.length * 5) / 8) >= SHORTEST_SECRET ? secret : null;
}

function base32Of(bytes) {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

/** A passkey of Keycloak: what else the record has is learned at its first use. */
function passkeyOf({ credentialId, credentialPublicKey, counter, aaguid, transports }, rpId) {
  const [id, publicKey] = [credentialId, credentialPublicKey].map((text) =>
    typeof text === "string" ? Buffer.from(text, "base64") : Buffer.alloc(0),
  );
  if (!rpId || id.length < 16 || publicKey.length < 32) return null;
  return {
    credentialId: id.toString("base64url"),
    publicKey: publicKey.toString("base64url"),
    signCount: Number.isSafeInteger(counter) && counter >= 0 ? counter : 0,
    aaguid: /^[0-9a-f-]{36}$/i.test(aaguid ?? "") ? Buffer.from(aaguid.replaceAll("-", ""), "hex").toString("base64url") : null,
    transports: JSON.stringify(Array.isArray(transports) ? transports.filter((it) => typeof it === "string").slice(0, 8) : []),
    rpId,
  };
}

/** The statements of a batch's factors: `inStatements` and the condition that a person comes in are the writer's. */
export function factorStatements(people, created, inStatements) {
  const of = (kind, row) =>
    people.flatMap(({ factors, oldId, ...person }, n) =>
      factors.filter((it) => it.kind === kind).map((it) => [n, ...row(it, person, oldId)]),
    );
  const apps = of("totp", (it, { id }) => [it.id, id, it.name, it.secret, it.algorithm, it.digits, it.period, it.createdOn]);
  const passkeys = of("passkey", (it, { id }, oldId) => [
    it.id,
    id,
    it.name,
    it.credentialId,
    it.publicKey,
    it.signCount,
    it.aaguid,
    it.transports,
    it.rpId,
    it.createdOn,
    Buffer.from(oldId ?? id).toString("base64url"),
  ]);
  const values = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `p.value ->> ${from + n}`).join(", ");
  return [
    ...inStatements(
      apps,
      (json) => `insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)
        select ${values(1, 2)}, 'totp', ${values(3, 8)}, p.value ->> 8 from json_each(${json}) p ${created} where true`,
    ),
    // What authenticators know the person by: the id there.
    ...inStatements(
      passkeys,
      (json) => `insert into user_factors (user_id, user_handle) select p.value ->> 2, p.value ->> 11 from json_each(${json}) p ${created}
        where true on conflict do nothing`,
    ),
    ...inStatements(
      passkeys,
      (json) => `insert into factors (id, user_id, kind, name, credential_id, public_key, sign_count, aaguid, transports, rp_id,
          backup_eligible, backed_up, created_on, confirmed_on)
        select ${values(1, 2)}, 'passkey', ${values(3, 9)}, 0, 0, p.value ->> 10, p.value ->> 10 from json_each(${json}) p ${created}
        where true on conflict do nothing`,
    ),
    ...inStatements(
      of("recovery", (it, { id, createdOn }) => [id, it.digest, createdOn]),
      (json) => `insert into recovery_codes (user_id, digest, created_on) select ${values(1, 3)} from json_each(${json}) p ${created}
        where true on conflict do nothing`,
    ),
  ];
}
