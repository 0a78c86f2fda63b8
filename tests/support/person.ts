// A person with a browser between hosts, over real HTTP: it keeps each host's cookies, also the
// Secure ones, which HTTP clients drop over http, follows redirects and fills in the provider's forms.

/** What is on the screen. */
export interface Page {
  status: number;
  text: string;
  /** Where the browser is sent next, if it is. */
  next?: string;
}

/** A user who signs in as `login` at the provider, and stops when sent to the client's `home`. */
export function person(login: string, home: string) {
  const jars = new Map<string, Map<string, string>>();

  async function go(url: string, form?: Record<string, string>): Promise<Page> {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { cookie, ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}) },
      body: form && new URLSearchParams(form).toString(),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === "" || /max-age=0/i.test(line)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    const location = response.headers.get("location");
    const text = await response.text();
    return { status: response.status, text, ...(location !== null && { next: new URL(location, url).href }) };
  }

  /** Goes there and on, until the client's page or an answer that leads nowhere. */
  async function through(url: string): Promise<Page> {
    let page = await go(url);
    for (let n = 0; n < 20; n++) {
      if (page.next?.startsWith(home)) return page;
      if (page.next) page = await go(page.next);
      else if (page.text.includes('name="prompt"')) page = await fillIn(page.text);
      else return page;
    }
    throw new Error(`no end: ${page.text}`);
  }

  function fillIn(html: string) {
    const action = /action="([^"]+)"/.exec(html)![1]!;
    const prompt = /name="prompt" value="(\w+)"/.exec(html)![1]!;
    return go(action, prompt === "login" ? { prompt, login, password: "any" } : { prompt });
  }

  return { go, through };
}
