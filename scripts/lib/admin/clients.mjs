// Clients, what happened, and events on their way.

import { randomSecret } from "../keys.mjs";
import { client as clientRow, digest } from "../people.mjs";
import { isRedirectUrl } from "../redirect-url.mjs";
import { Expression, literal } from "../sql.mjs";
import { Stop } from "../steps.mjs";
import { LIMIT, acts, client, deletion, makes, shows, time, user } from "./kinds.mjs";

export const CLIENT_VERBS = {
  "client list": shows(
    [],
    "clients",
    () =>
      `select id, client_id, redirect_url, access_token_expiration as access_s, refresh_token_expiration as refresh_s,
    exists (select 1 from mfa_clients d where d.client_id = auth_clients.id) as second_step from auth_clients where deleted = 0 order by client_id`,
  ),
  "client create": makes(["CLIENT", "[REDIRECT-URL]"], "one, whose secrets are shown once", createClient),
  "client rotate": makes(["CLIENT"], "a new secret in the place of the old", rotate, "changed"),
  "client delete": acts(
    ["CLIENT"],
    "ends the sessions there",
    client,
    (id, now) => `${deletion("auth_clients", `client_id = ${literal(id)}`, now)} returning id`,
    "deleted",
  ),
  "client demand": acts(
    ["CLIENT"],
    "lets nobody in there by one factor alone",
    client,
    (id) => `insert into mfa_clients (client_id) select id from auth_clients where client_id = ${literal(id)} and deleted = 0
  on conflict do nothing returning client_id as id`,
  ),
  "client waive": acts(
    ["CLIENT"],
    "lets people in there again who have no second factor on",
    client,
    (id) => `delete from mfa_clients where client_id = ${client(id)} returning client_id as id`,
  ),
  activity: shows(
    ["[NAME]"],
    "what happened last, to everybody or to one",
    (name) =>
      `select ${time("l.at")} as at, l.kind, l.result, u.username as actor, l.target, l.address, l.country from login_activity l left join users u on u.id = l.user_id
  ${name === undefined ? "" : `where l.user_id = ${user(name)}`} order by l.at desc limit ${LIMIT}`,
  ),
  "active daily": shows(["FROM", "UNTIL"], "people who signed in, by day (as 2026-01-31)", (from, until) =>
    active(from, until, "%Y-%m-%d"),
  ),
  "active monthly": shows(["FROM", "UNTIL"], "the same by month", (from, until) => active(from, until, "%Y-%m")),
  "outbox list": shows(
    [],
    "events that wait or were given up",
    () =>
      `select id, kind, subject, tries, last_error, ${time("created_on")} as at, ${time("next_on")} as next, ${time("failed_on")} as given_up
  from outbox where delivered_on is null order by created_on desc limit ${LIMIT}`,
  ),
  "outbox resend": acts(
    ["ID"],
    "sends one again",
    literal,
    (
      id,
      now,
    ) => `update outbox set delivered_on = null, failed_on = null, last_error = null, tries = 0, next_on = ${literal(now)}, created_on = ${literal(now)},
    held_until = 0, attempt = null where id = ${literal(id)} and (delivered_on is not null or failed_on is not null) returning id`,
  ),
};

function createClient(clientId, redirectUrl, now) {
  if (!clientId.trim() || clientId.length > 255) throw new Stop("the name is empty or too long");
  if (redirectUrl !== undefined && (!isRedirectUrl(redirectUrl) || redirectUrl.includes(",")))
    throw new Stop("the redirect URL is not https, http on this machine, or an app's");
  const secrets = { clientId, clientSecret: randomSecret(), secret: randomSecret() };
  // The number that the table would give it: no row of it ever goes.
  const id = new Expression("(select coalesce(max(id), 0) + 1 from auth_clients)");
  const statement = clientRow({ id, ...secrets, redirectUrl: redirectUrl ?? null, now }, `${client(clientId)} is null`);
  return { target: id.sql, statements: [`${statement} returning id`], shown: () => secrets };
}

function rotate(clientId, now) {
  const clientSecret = randomSecret();
  const statement = `update auth_clients set client_secret_digest = ${literal(digest(clientSecret))}, modified_on = ${literal(now)}
    where client_id = ${literal(clientId)} and deleted = 0 returning id`;
  return { target: client(clientId), statements: [statement], shown: () => ({ clientId, clientSecret }) };
}

function active(from, until, period) {
  const [first, end] = [from, until].map((day) => Date.parse(/^\d{4}-\d\d-\d\d$/.test(day) ? day : "none"));
  if (Number.isNaN(first) || Number.isNaN(end)) throw new Stop("a day is written 2026-01-31");
  return `select strftime('${period}', at / 1000, 'unixepoch') as period, count(distinct user_id) as people from login_activity
  where kind = 'sign-in' and result = 'ok' and at >= ${first} and at < ${end + 86_400_000} and user_id is not null group by 1 order by 1`;
}
