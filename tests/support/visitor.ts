// A person at our pages with a browser that runs no script: it keeps cookies, goes where it is sent, and fills in
// forms.

import { browser } from "./browser";
import type { Worker } from "./worker";

/** What is on the screen. */
export interface Screen {
  status: number;
  /** Path and query of the page. */
  path: string;
  html: string;
  headers: Headers;
  /** Sequential storage waits of the last answer. */
  waits: number;
  /** Where the browser has been sent that is not ours. */
  elsewhere?: URL;
}

const ORIGIN = "http://127.0.0.1:8787";
const NAMED: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#34;": '"',
  "&#38;": "&",
  "&#39;": "'",
  "&#60;": "<",
  "&#62;": ">",
};
const unescape = (text: string) => text.replaceAll(/&(?:\w+|#\d+);/g, (name) => NAMED[name] ?? name);
const attribute = (tag: string, name: string) => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescape(value);
};

/** The texts of the elements of a name, without what is in them but text. */
export const texts = (screen: Screen, element: string) =>
  [...screen.html.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, "g"))].map(([, inner]) =>
    unescape(inner!.replaceAll(/<[^>]*>/g, "")).trim(),
  );

/** What a page says is wrong, or has been done. */
export const said = (screen: Screen) =>
  texts(screen, "p").find((_, n) => /role="(alert|status)"/.test([...screen.html.matchAll(/<p[^>]*>/g)][n]![0]));

/** The links of a page, by their words. */
export const links = (screen: Screen) =>
  Object.fromEntries(
    [...screen.html.matchAll(/<a\s[^>]*>([\s\S]*?)<\/a>/g)].map(([tag, inner]) => [
      unescape(inner!.replaceAll(/<[^>]*>/g, "")).trim(),
      attribute(tag.slice(0, tag.indexOf(">") + 1), "href")!,
    ]),
  );

/** Where the links of a page lead. */
export const hrefs = (screen: Screen) => [...screen.html.matchAll(/<a\s[^>]*>/g)].map(([tag]) => attribute(tag, "href")!);

/** The forms of a page: where they go, and what they send if nothing is typed. */
export const forms = (screen: Screen) =>
  [...screen.html.matchAll(/<form[^>]*>([\s\S]*?)<\/form>/g)].map(([whole, inner]) => {
    const fields: Record<string, string> = {};
    for (const [tag] of inner!.matchAll(/<input[^>]*>/g)) {
      const name = attribute(tag, "name");
      const type = attribute(tag, "type");
      if (name === undefined || (type === "checkbox" && !/ checked[ >]/.test(tag))) continue;
      fields[name] = attribute(tag, "value") ?? "";
    }
    for (const [area, value] of inner!.matchAll(/<textarea[^>]*>\n?([\s\S]*?)<\/textarea>/g))
      fields[attribute(area, "name")!] = unescape(value!);
    for (const [select, options] of inner!.matchAll(/<select[^>]*>([\s\S]*?)<\/select>/g)) {
      const chosen = [...options!.matchAll(/<option[^>]*>/g)].map(([tag]) => tag).find((tag) => tag.includes(" selected"));
      // A browser takes the first where none is chosen.
      const taken = chosen ?? /<option[^>]*>/.exec(options!)?.[0] ?? "";
      fields[attribute(select, "name")!] = attribute(taken, "value") ?? "";
    }
    const buttons = [...inner!.matchAll(/<button[^>]*>/g)].map(([tag]) => [attribute(tag, "name"), attribute(tag, "value")] as const);
    return { action: attribute(whole.slice(0, whole.indexOf(">") + 1), "action")!, fields, buttons };
  });

const OF_A_FORM = { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN, "sec-fetch-site": "same-origin" };

export type Visitor = ReturnType<typeof visitor>;

export function visitor(worker: Worker, headers: Record<string, string> = {}) {
  const { jar, go, cookie } = browser(worker);

  async function arrive(method: string, path: string, body?: string, more: Record<string, string> = {}): Promise<Screen> {
    const form: Record<string, string> = body === undefined ? {} : OF_A_FORM;
    const answer = await go(method, path, { body, headers: { accept: "text/html", ...headers, ...form, ...more } });
    const screen = { status: answer.status, path, html: answer.text, headers: answer.headers, waits: answer.waits };
    const location = answer.headers.get("location");
    if (location === null) return screen;
    const next = new URL(location, ORIGIN);
    if (next.origin !== ORIGIN) return { ...screen, elsewhere: next };
    return follow(next.pathname + next.search);
  }
  const follow = (path: string) => arrive("GET", path);

  /** A form (the first that does not sign out), with what is typed. */
  function filled(screen: Screen, typed: Record<string, string>, action?: string) {
    const all = forms(screen);
    const form = all.find((form) => (action === undefined ? form.action !== "/sign-out" : form.action === action)) ?? all[0];
    if (form === undefined) throw new Error(`no form on ${screen.path}: ${screen.status} ${screen.html}`);
    return { path: form.action, body: new URLSearchParams({ ...form.fields, ...typed }).toString() };
  }

  return {
    /** The cookies. */
    jar,
    go,
    /** Goes to a page, and on to where it leads. */
    open: follow,
    /** The request for a page, or the one that `submit` would send, as it stands now. */
    request(page: string | Screen, typed: Record<string, string> = {}) {
      const sent = { accept: "text/html", ...headers, cookie: cookie() };
      if (typeof page === "string") return { method: "GET", path: page, headers: sent };
      return { method: "POST", ...filled(page, typed), headers: { ...sent, ...OF_A_FORM } };
    },
    /** Sends the form with that action (the first that does not sign out), with what is typed; `button` is what is pressed. */
    submit(screen: Screen, typed: Record<string, string> = {}, { action, more }: { action?: string; more?: Record<string, string> } = {}) {
      const { path, body } = filled(screen, typed, action);
      return arrive("POST", path, body, more);
    },
    /** Signs in at our own page. */
    async signIn(username: string, password: string, path = "/sign-in") {
      return this.submit(await follow(path), { username, password });
    },
  };
}
