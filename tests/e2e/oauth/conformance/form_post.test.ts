// The Form Post plan: the Basic plan with its answers, errors too, in a form that the browser posts.

import { expect, test } from "vitest";
import { basicPlan } from "../../../support/basic_op";

const { rp } = basicPlan("oidcc-formpost-basic-certification-test-plan", "form_post");

test("what is posted is escaped, and in no address", async () => {
  const state = `"><script>alert(1)</script>&'`;
  for (const parameters of [{ prompt: "none" }, {}]) {
    const { screen, told } = await rp.authorize({ ...parameters, state });
    expect(told.state).toBe(state);
    expect(screen.html).not.toContain("<script>alert");
    expect(screen.headers.get("location")).toBeNull();
    expect(screen.headers.get("cache-control")).toContain("no-store");
    expect(screen.headers.get("content-security-policy")).not.toContain("form-action");
  }
});
