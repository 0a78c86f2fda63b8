// The Basic plan, and what its runs ask of a provider besides.

import { describe, expect, test } from "vitest";
import { DEMO } from "../../../support/api";
import { basicPlan } from "../../../support/basic_op";
import { CLIENT } from "../../../support/conformance";
import { many } from "../../../support/fixtures";
import { forms } from "../../../support/visitor";

const { rp } = basicPlan("oidcc-basic-certification-test-plan", "query");

describe("what the runs of a certified provider have shown", () => {
  test("66 sign-ins of one person from one address, each in an empty browser, all go through", async () => {
    const walks = [];
    for (let n = 0; n < 22; n++) walks.push(...(await many(3, () => rp.authorize())));
    expect(walks.filter(({ told }) => "code" in told)).toHaveLength(66);
    expect(new Set(walks.map(({ pages }) => pages[0]))).toEqual(new Set(["/sign-in"]));
  });

  test("a client without PKCE is let through with neither challenge nor nonce", async () => {
    await rp.flow({ nonce: undefined, state: undefined });
  });

  test("the error page is of 400, and its text does not change", async () => {
    const pages = await many(2, (n) => rp.fresh().open(rp.request({ redirect_uri: `https://evil.example/${n}` })));
    for (const { status, html } of pages) {
      expect(status).toBe(400);
      expect(html).toContain("<h1>This app is not known here</h1>");
    }
  });

  test("every page is a plain form with stable names, whose buttons submit it and are in no noscript", async () => {
    const ann = rp.fresh();
    const seen: Record<string, string[]> = {};
    const see = (page: Awaited<ReturnType<typeof ann.open>>) => {
      expect(page.html).not.toMatch(/<noscript/i);
      // What needs a script is not shown without one.
      for (const [tag] of page.html.matchAll(/<button[^>]*>/g))
        if (!/ hidden[ >]/.test(tag)) expect(tag).not.toMatch(/type="(button|reset)"/);
      const form = forms(page).find(({ action }) => action !== "/sign-out") ?? forms(page)[0]!;
      seen[page.path.split("?")[0]!] = Object.keys(form.fields);
      return page;
    };
    const signIn = see(await ann.open(rp.request({ scope: "openid email phone profile", prompt: "consent" })));
    const consent = see(await ann.submit(signIn, DEMO));
    await ann.submit(consent, { allow: "on" });
    see(await ann.open("/oauth/logout"));
    see(await ann.open(rp.request({ response_mode: "form_post" })));
    expect(seen).toMatchObject({
      "/sign-in": expect.arrayContaining(["username", "password"]),
      "/consent": ["form_token"],
      "/sign-out": ["form_token"],
      "/oauth/authorize": expect.arrayContaining(["code", "iss"]),
    });
  });

  test("answers are JSON whatever a client accepts", async () => {
    const accept = "text/html, image/gif, image/jpeg, */*; q=.2";
    const { told } = await rp.authorize();
    const form = { grant_type: "authorization_code", code: told.code, redirect_uri: CLIENT.redirectUri };
    rp.checkTokens(await rp.token(form, CLIENT, { accept }));
    rp.checkError(await rp.token(form, CLIENT, { accept }), 400, "invalid_grant");
  });
});
