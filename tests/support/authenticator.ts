// A passkey authenticator in software, and the browser around it (WebAuthn Level 3).

import { type KeyObject, createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

type Algorithm = -7 | -8 | -257;

interface Creation {
  rp: { id: string };
  user: { id: string };
  challenge: string;
  pubKeyCredParams: { alg: number }[];
  excludeCredentials: { id: string }[];
}

interface Request {
  rpId: string;
  challenge: string;
  allowCredentials: { id: string }[];
}

/** What a test may spoil. */
export interface Spoilt {
  origin?: string;
  rpId?: string;
  /** Flags of the authenticator data that are cleared. */
  without?: number;
  /** Flags that are set besides. */
  with?: number;
  clientData?: object;
  userHandle?: string | undefined;
  signature?: Buffer;
  signCount?: number;
  challenge?: string;
}

export const UP = 1;
export const UV = 4;
export const BE = 8;
export const BS = 16;
const AT = 64;

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest();
const url = (data: Buffer | string) => Buffer.from(data).toString("base64url");

/** The head of a CBOR item. */
function head(major: number, length: number): Buffer {
  const first = major << 5;
  if (length < 24) return Buffer.from([first | length]);
  if (length < 256) return Buffer.from([first | 24, length]);
  return Buffer.from([first | 25, length >> 8, length & 255]);
}
const integer = (number: number) => (number < 0 ? head(1, -1 - number) : head(0, number));
const bytes = (data: Buffer) => Buffer.concat([head(2, data.length), data]);
const text = (data: string) => Buffer.concat([head(3, data.length), Buffer.from(data)]);
const map = (...entries: Buffer[]) => Buffer.concat([head(5, entries.length / 2), ...entries]);

const KEYS = {
  [-7]: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  [-8]: () => generateKeyPairSync("ed25519"),
  [-257]: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
};

function cose(alg: Algorithm, key: KeyObject): Buffer {
  const jwk = key.export({ format: "jwk" });
  const part = (name: "x" | "y" | "n" | "e") => bytes(Buffer.from(jwk[name]!, "base64url"));
  const parameters = {
    [-7]: () => [1, 2, 3, -7, -1, 1, -2, part("x"), -3, part("y")],
    [-8]: () => [1, 1, 3, -8, -1, 6, -2, part("x")],
    [-257]: () => [1, 3, 3, -257, -1, part("n"), -2, part("e")],
  }[alg]();
  return map(...parameters.map((value) => (typeof value === "number" ? integer(value) : value)));
}

/** An authenticator with one passkey, which it makes at its first registration. */
export function authenticator(alg: Algorithm = -7, origin = "http://localhost:8787") {
  const id = randomBytes(32);
  const { publicKey, privateKey } = KEYS[alg]();
  let userHandle: string | undefined;
  let count = 0;
  const flags = (spoilt: Spoilt) => ((UP | UV) & ~(spoilt.without ?? 0)) | (spoilt.with ?? 0);
  const data = (rpId: string, spoilt: Spoilt, more: Buffer, extra: number) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(spoilt.signCount ?? count);
    return Buffer.concat([sha256(spoilt.rpId ?? rpId), Buffer.from([flags(spoilt) | extra]), counter, more]);
  };
  const clientData = (type: string, challenge: string, spoilt: Spoilt) =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: spoilt.challenge ?? challenge,
        origin: spoilt.origin ?? origin,
        crossOrigin: false,
        ...spoilt.clientData,
      }),
    );
  const shared = { id: url(id), rawId: url(id), type: "public-key", clientExtensionResults: {}, authenticatorAttachment: "platform" };
  return {
    id: url(id),
    /** A passkey made elsewhere for a user known by this: its id and its COSE key. */
    moved(handle: Buffer) {
      userHandle = url(handle);
      return { id, publicKey: cose(alg, publicKey) };
    },
    /** What `navigator.credentials.create()` gives. */
    create(options: Creation, spoilt: Spoilt = {}) {
      userHandle = options.user.id;
      const length = Buffer.from([id.length >> 8, id.length & 255]);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, cose(alg, publicKey)]);
      const object = map(
        text("fmt"),
        text("none"),
        text("attStmt"),
        map(),
        text("authData"),
        bytes(data(options.rp.id, spoilt, attested, AT)),
      );
      return {
        ...shared,
        response: {
          clientDataJSON: url(clientData("webauthn.create", options.challenge, spoilt)),
          attestationObject: url(object),
          transports: ["internal"],
        },
      };
    },
    /** What `navigator.credentials.get()` gives. */
    get(options: Request, spoilt: Spoilt = {}) {
      count++;
      const client = clientData("webauthn.get", options.challenge, spoilt);
      const authenticatorData = data(options.rpId, spoilt, Buffer.alloc(0), 0);
      const signed = Buffer.concat([authenticatorData, sha256(client)]);
      const signature = spoilt.signature ?? sign(alg === -8 ? null : "sha256", signed, privateKey);
      return {
        ...shared,
        response: {
          clientDataJSON: url(client),
          authenticatorData: url(authenticatorData),
          signature: url(signature),
          userHandle: "userHandle" in spoilt ? spoilt.userHandle : userHandle,
        },
      };
    },
  };
}
