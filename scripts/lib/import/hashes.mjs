// Password hashes of other systems, turned into what the worker verifies: PHC strings, and bcrypt's own form.
// The limits are those of src/auth/password/stored.rs, so that a hash either comes in and verifies or does neither.

const MAX_ROUNDS = 2_000_000;
const MAX_BCRYPT_COST = 15;
const ARGON2 = { memory: 64 * 1024, passes: 10, lanes: 4, work: 320 * 1024 };
const SALT = { least: 8, most: 48 };

/**
 * What a hash has become: `stored`, what the database keeps; or `wrap`, a fast hash that argon2id must be laid around first;
 * or `refused`, the kind of hash that nothing here verifies.
 *
 * @typedef {{ stored: string } | { wrap: { digest: Buffer, salt: Buffer } } | { refused: string }} Converted
 */

const refused = (kind) => ({ refused: kind });

/** Base64 as PHC strings have it: without padding. */
const phcBase64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

/** Strict base64, whichever way it is padded; null if it is none. */
function base64(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  return phcBase64(bytes) === text.replace(/=+$/, "") ? bytes : null;
}

/** A hash by PBKDF2. @returns {Converted} */
function pbkdf2(digest, rounds, salt, output) {
  if (!["sha1", "sha256", "sha512"].includes(digest)) return refused(`PBKDF2 with ${digest}`);
  if (!Number.isInteger(rounds) || rounds < 1) return refused("PBKDF2 that cannot be read");
  if (rounds > MAX_ROUNDS) return refused(`PBKDF2 of more than ${MAX_ROUNDS} iterations`);
  if (!salt || !output || salt.length < SALT.least || salt.length > SALT.most) return refused("PBKDF2 with another salt");
  if (output.length < 16 || output.length > 64) return refused("PBKDF2 of another length");
  return { stored: `$pbkdf2-${digest}$i=${rounds},l=${output.length}$${phcBase64(salt)}$${phcBase64(output)}` };
}

/** A hash by argon2id; memory in KiB. @returns {Converted} */
function argon2id({ version = 19, memory, passes, lanes }, salt, output) {
  if (![16, 19].includes(version)) return refused("argon2 of another version");
  const isRead = [memory, passes, lanes].every((number) => Number.isInteger(number) && number > 0) && memory >= 8 * lanes;
  if (!isRead || !salt || !output || salt.length < SALT.least || salt.length > SALT.most) return refused("argon2 that cannot be read");
  if (output.length < 16 || output.length > 64) return refused("argon2 of another length");
  const isAffordable = memory <= ARGON2.memory && passes <= ARGON2.passes && lanes <= ARGON2.lanes && memory * passes <= ARGON2.work;
  if (!isAffordable) return refused("argon2 of a cost beyond the limits");
  return { stored: `$argon2id$v=${version}$m=${memory},t=${passes},p=${lanes}$${phcBase64(salt)}$${phcBase64(output)}` };
}

/** bcrypt in its own form. @returns {Converted} */
function bcrypt(text) {
  const [, cost] = text.match(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/) ?? [];
  if (!cost || Number(cost) < 4) return refused("bcrypt that cannot be read");
  return Number(cost) > MAX_BCRYPT_COST ? refused(`bcrypt of a cost beyond ${MAX_BCRYPT_COST}`) : { stored: text };
}

/** A PHC string of argon2id or PBKDF2, or passlib's spelling of PBKDF2. @returns {Converted} */
function phc(text) {
  const [, name, version, parameters, salt, output] =
    text.match(/^\$([a-z0-9-]+)(?:\$v=(\d+))?\$([^$]*)\$([A-Za-z0-9+/.=]+)\$([A-Za-z0-9+/.=]+)$/) ?? [];
  if (!name) return refused("of an unknown kind");
  const passlib = /^\d+$/.test(parameters);
  const bytes = (part) => base64(passlib ? part.replaceAll(".", "+") : part);
  const pairs = parameters.split(",").map((pair) => pair.split("="));
  const given = Object.fromEntries(pairs);
  if (!passlib && Object.keys(given).length !== pairs.length) return refused("that cannot be read");
  const number = (key) => (/^\d+$/.test(given[key] ?? "") ? Number(given[key]) : Number.NaN);
  if (name === "argon2id") {
    const cost = { version: version ? Number(version) : undefined, memory: number("m"), passes: number("t"), lanes: number("p") };
    return argon2id(cost, bytes(salt), bytes(output));
  }
  const [, digest] = name.match(/^pbkdf2(?:-(sha\d+))?$/) ?? [];
  if (name === "pbkdf2" && passlib) return pbkdf2("sha1", Number(parameters), bytes(salt), bytes(output));
  if (digest) return pbkdf2(digest, passlib ? Number(parameters) : number("i"), bytes(salt), bytes(output));
  return refused(name);
}

/** Django's spellings. @returns {Converted} */
function django(text) {
  const [algorithm, ...rest] = text.split("$");
  if (algorithm === "pbkdf2_sha256" || algorithm === "pbkdf2_sha1") {
    const [rounds, salt, output] = rest;
    const digest = algorithm.replace("pbkdf2_", "");
    return rest.length === 3 ? pbkdf2(digest, Number(rounds), Buffer.from(salt), base64(output)) : refused("that cannot be read");
  }
  if (algorithm === "argon2") return phc(`$${rest.join("$")}`);
  if (algorithm === "bcrypt")
    return anyHash(
      rest
        .join("$")
        .replace(/^(?=2)/, "$")
        .replace(/^\$\$/, "$"),
    );
  return refused(`Django's ${algorithm}`);
}

/** A hash in whichever of the spellings that say what they are. @returns {Converted} */
export function anyHash(text) {
  if (/^\$2[aby]\$/.test(text)) return bcrypt(text);
  if (/^(?:pbkdf2_sha\d+|argon2|bcrypt(?:_sha256)?)\$/.test(text)) return django(text);
  const [, crypt] = text.match(/^\$(1|2x|5|6|7|y|P|H|S|apr1|sha1|scrypt|md5|argon2i|argon2d|fbscrypt|wp)\$/) ?? [];
  if (crypt) return refused(CRYPT[crypt] ?? crypt);
  const [, ldap] = text.match(/^\{([A-Za-z0-9-]{2,16})\}/) ?? [];
  if (ldap) return refused(`LDAP's ${ldap.toUpperCase()}`);
  if (text.startsWith("$")) return phc(text);
  return identity(text);
}

/** crypt(3)'s and others' kinds that nothing here verifies. */
const CRYPT = {
  1: "MD5-crypt",
  5: "SHA-256-crypt",
  6: "SHA-512-crypt",
  7: "scrypt",
  y: "yescrypt",
  P: "phpass",
  H: "phpass",
  wp: "WordPress",
};

/** ASP.NET Core Identity's two versions, which ServiceStack has too: one base64 text. @returns {Converted} */
export function identity(text) {
  const bytes = base64(text);
  if (!bytes || bytes.length === 0) return refused("of an unknown kind");
  if (bytes[0] === 0 && bytes.length === 49) return pbkdf2("sha1", 1000, bytes.subarray(1, 17), bytes.subarray(17));
  if (bytes[0] !== 1 || bytes.length < 13) return refused("of an unknown kind");
  const [digest, rounds, saltLength] = [1, 5, 9].map((at) => bytes.readUInt32BE(at));
  if (saltLength > bytes.length - 13) return refused("of an unknown kind");
  const end = 13 + saltLength;
  return pbkdf2(["sha1", "sha256", "sha512"][digest] ?? "an unknown digest", rounds, bytes.subarray(13, end), bytes.subarray(end));
}

/** ServiceStack: where there is a salt beside it, the old SaltedHash, else Identity's form. @returns {Converted} */
export function serviceStack(hash, salt) {
  if (salt === null || salt === "") return identity(hash);
  const [digest, bytes] = [base64(hash), base64(salt)];
  if (digest?.length !== 32 || !bytes || bytes.length === 0 || bytes.length > SALT.most) return refused("SaltedHash that cannot be read");
  return { wrap: { digest, salt: bytes } };
}

/** A credential of Keycloak's `credentials`, its two texts of JSON read. @returns {Converted} */
export function keycloak(data, secret) {
  const [salt, value] = [base64(secret?.salt), base64(secret?.value)];
  const { algorithm, hashIterations, additionalParameters } = data ?? {};
  if (algorithm === "argon2") {
    const parameter = (name) => additionalParameters?.[name]?.[0];
    if (parameter("type") !== "id") return refused(`argon2${parameter("type") ?? ""}`);
    const version = { 1.3: 19, "1.0": 16 }[parameter("version")] ?? 0;
    const cost = { version, memory: Number(parameter("memory")), passes: hashIterations, lanes: Number(parameter("parallelism")) };
    return argon2id(cost, salt, value);
  }
  const digests = { pbkdf2: "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha512": "sha512" };
  return digests[algorithm] ? pbkdf2(digests[algorithm], hashIterations, salt, value) : refused(`Keycloak's ${algorithm ?? "unknown"}`);
}

/** Auth0's `custom_password_hash`: an algorithm and what it says of its hash. @returns {Converted} */
export function auth0({ algorithm, hash, salt }) {
  if (["bcrypt", "argon2", "pbkdf2"].includes(algorithm) && !salt && typeof hash?.value === "string") {
    const text = hash.value;
    return text.startsWith("$argon2") && !text.startsWith("$argon2id") ? refused("argon2 that is not argon2id") : anyHash(text);
  }
  return refused(`Auth0's ${algorithm ?? "unknown"}`);
}

/** What is stored of a fast hash: argon2id laid around it. */
export function wrapped(salt, argon2idHash) {
  return `$x-wrap$a=ss-sha256,s=${phcBase64(salt)}${argon2idHash}`;
}
