// Codes of the OAuth endpoints to redeem: after the model of one that the worker issued itself, for people whose
// browser never asked.

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { oauthClient } from "../../scripts/lib/people.mjs";
import { CLIENT, person } from "./people.mjs";
import { host } from "./workerd.mjs";

const REDIRECT_URI = "https://bench-web.example.com/back";
const METADATA = { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "client_secret_post", consent: "none" };
const HOUR = 3_600_000;

const digest = (text) => createHash("sha256").update(text).digest("base64url");
const secret = () => randomBytes(32).toString("base64url");

/**
 * Makes everybody's client one for OAuth too, and a browser in which the first person is signed in.
 *
 * `authorize` is a request that is answered with a code at once; `redemptions` gives one of each person to the token endpoint, with the rows that
 * have to be inserted before.
 */
export async function openGrants({ name, db, send }) {
  const us = { host: host(name) };
  const verifier = secret();
  await db.prepare(oauthClient({ clientId: CLIENT.client_id, metadata: METADATA, now: Date.now() })).run();
  const authorize = await signedInBrowser(db, us, verifier);
  const { headers } = await send(authorize);
  const code = new URL(headers.location).searchParams.get("code");
  const model = await db.prepare("select * from one_time where kind = 'grant'").first();
  const keyOf = (secret) => model.key.replace(digest(code), digest(secret));

  const exchange = (more) => ({
    ...us,
    method: "POST",
    path: "/oauth/token",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ...CLIENT, ...more }).toString(),
  });
  const redemptions = (people) => {
    const codes = people.map(secret);
    const rows = people.map(({ id }, n) => ({
      ...model,
      key: keyOf(codes[n]),
      user_id: id,
      session_id: randomUUID(),
      expires_on: Date.now() + HOUR,
    }));
    const form = { grant_type: "authorization_code", redirect_uri: REDIRECT_URI, code_verifier: verifier };
    return { rows, requests: codes.map((code) => exchange({ ...form, code })) };
  };
  const refresh = (token) => exchange({ grant_type: "refresh_token", refresh_token: token });

  return { authorize, redemptions, refresh };
}

/** An authorization request of the first person's browser. */
async function signedInBrowser(db, us, verifier) {
  const cookie = secret();
  await db
    .prepare(
      `insert into browsers (id, key, form_session, user_id, method, aal, amr, auth_time, remembered, created_on, last_used_on, expires_on)
       values (?1, ?2, '', ?3, 'password', 1, 'pwd', ?4, 0, ?4, ?4, ?5)`,
    )
    .bind(randomUUID(), digest(cookie), person(0).id, Date.now(), Date.now() + HOUR)
    .run();
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.client_id,
    redirect_uri: REDIRECT_URI,
    scope: "openid",
    code_challenge: digest(verifier),
    code_challenge_method: "S256",
  });
  return { ...us, path: `/oauth/authorize?${query}`, headers: { cookie: `__Host-edgelatch=${cookie}` }, expect: [302, 303] };
}
