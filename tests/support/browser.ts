// A browser, as far as signing in with a provider needs one: it keeps cookies, Secure ones too.

import { DEMO_WEB, type Answer, api } from "./api";
import type { Outside, Person, Row } from "./identity_provider";
import type { Worker } from "./worker";

export type Browser = ReturnType<typeof browser>;

/** Opens a browser with no cookies. */
export function browser(worker: Worker) {
  const our = api(worker);
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

  async function go(method: string, path: string, init: { body?: string; headers?: Record<string, string> } = {}) {
    const cookies = cookie();
    const headers = { ...(cookies ? { cookie: cookies } : {}), ...init.headers };
    const answer = await our.send(method, path, { body: init.body, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (/Max-Age=0/.test(line)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    return answer;
  }
  const form = (method: string, path: string, fields: Record<string, string>) =>
    go(method, path, { body: new URLSearchParams(fields).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } });
  const start = (row: Row, fields: Record<string, string> = {}) => form("POST", row.start, { ...DEMO_WEB, ...fields });
  const back = (row: Row, fields: Record<string, string>) =>
    row.formPost ? form("POST", row.back, fields) : go("GET", `${row.back}?${new URLSearchParams(fields)}`);
  return {
    jar,
    cookie,
    go,
    form,
    start,
    back,
    /** Starts and lets the person consent; gives what would be brought back. */
    async begin(outside: Outside, row: Row, person: Person, fields: Record<string, string> = {}) {
      const begun = await start(row, fields);
      if (begun.status !== 302) throw new Error(`start: ${begun.status} ${begun.text}`);
      return outside.consent(row, begun.headers.get("location")!, person);
    },
    /** The whole dance up to our own answer at the return route. */
    async dance(outside: Outside, row: Row, person: Person, fields: Record<string, string> = {}): Promise<Answer> {
      return back(row, await this.begin(outside, row, person, fields));
    },
  };
}
