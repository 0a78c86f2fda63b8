// The ARC API as functions: tests never spell a URL or a header twice.

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The body as it came. */
  text: string;
  /** The body as JSON, which the tests know; undefined where there is none. */
  body: any;
  /** Sequential storage waits, from Server-Timing. */
  waits: number;
}

export interface Pair {
  accessToken: string;
  refreshToken: string;
  expires: number;
}

export const DEMO_WEB = { client_id: "demo-web", client_secret: "demo-web-secret" };
export const DEMO_MOBILE = { client_id: "demo-mobile", client_secret: "demo-mobile-secret" };
export const DEMO = { username: "demo", password: "correct horse battery" };
export const ADMIN = { username: "admin", password: "correct horse staple" };

/** Headers; undefined leaves one out. */
type Extra = Record<string, string | undefined>;

/** What a test says of a request. */
export interface Init {
  method?: string;
  headers?: Record<string, string> | [string, string][];
  body?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** For a body that is a stream. */
  duplex?: "half";
  /** What Cloudflare knows of the caller. */
  cf?: object;
}

/** What answers requests to the service's paths: the worker in workerd, or `wrangler dev`. */
interface Server {
  fetch(path: string, init?: Init): Promise<{ status: number; headers: Headers; text(): Promise<string> }>;
}

/** Whether a body goes as it is, and not as JSON. */
const isRaw = (body: unknown): body is Init["body"] =>
  body === undefined || typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;

export function api(server: Server) {
  async function send(method: string, path: string, init: { body?: unknown; headers?: Extra; cf?: object } = {}): Promise<Answer> {
    const raw = isRaw(init.body);
    const headers = Object.entries({ ...(!raw && { "content-type": "application/json" }), ...init.headers });
    const response = await server.fetch(path, {
      method,
      headers: headers.filter((header): header is [string, string] => header[1] !== undefined),
      body: isRaw(init.body) ? init.body : JSON.stringify(init.body),
      ...(init.cf && { cf: init.cf }),
      ...(init.body instanceof ReadableStream && { duplex: "half" }),
    });
    const text = await response.text();
    let body: any;
    try {
      body = text === "" ? undefined : JSON.parse(text);
    } catch {
      body = undefined;
    }
    const waits = Number(/waits;desc="(\d+)"/.exec(response.headers.get("server-timing") ?? "")?.[1]);
    return { status: response.status, headers: response.headers, text, body, waits };
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const post = (path: string, body: unknown, headers?: Extra) => send("POST", path, { body, headers });
  return {
    send,
    post,
    bearer,
    login: (body: object = {}, headers?: Extra) => post("/auth/login", { ...DEMO_WEB, ...DEMO, ...body }, headers),
    loginToken: (body: object = {}, headers?: Extra) => post("/auth/login-token", { ...DEMO_WEB, ...DEMO, ...body }, headers),
    token: (code: string, body: object = {}, headers?: Extra) => post("/auth/token", { code, clientId: "demo-web", ...body }, headers),
    refresh: (pair: Pair, headers?: Extra) =>
      post("/auth/token-refresh", { refreshToken: pair.refreshToken }, { ...bearer(pair.accessToken), ...headers }),
    me: (token: string) => send("GET", "/auth/me", { headers: bearer(token) }),
    changePassword: (token: string, body: object) => send("PATCH", "/auth/change-password", { body, headers: bearer(token) }),
    logout: (pair: Pair) => post("/logout", { refreshToken: pair.refreshToken }, bearer(pair.accessToken)),
    /** Signs a user in, and fails the test if that fails. */
    async signIn(body: object = {}, headers?: Extra): Promise<Pair> {
      const answer = await post("/auth/login-token", { ...DEMO_WEB, ...DEMO, ...body }, headers);
      if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
      return answer.body;
    },
  };
}

interface Envelope {
  error: { statusCode: number; name: string | undefined; message: string | { message: string } };
}

/** What the original says inside an authentication strategy. */
export const nested = (message: string): Envelope => ({
  error: { statusCode: 401, name: "UnauthorizedError", message: { message } },
});

const NAMES: Record<number, string> = {
  400: "BadRequestError",
  401: "UnauthorizedError",
  403: "ForbiddenError",
  404: "NotFoundError",
  422: "UnprocessableEntityError",
};

/** What the original says in an operation itself. */
export const flat = (statusCode: number, message: string): Envelope => ({
  error: { statusCode, name: NAMES[statusCode], message },
});
