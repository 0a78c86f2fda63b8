// Auth0: the export of users, the export of hashes that support makes, and the documented form of imports.

import { Stop } from "../../steps.mjs";
import { fold } from "../../people.mjs";
import { anyHash, auth0 as auth0Hash } from "../hashes.mjs";
import { jsonObjects } from "../json.mjs";
import { identitiesOf, membershipOf } from "../place.mjs";
import { moment } from "../record.mjs";
import { batches } from "./arc.mjs";

/** What providers are called there. */
const PROVIDERS = new Map([
  ["google-oauth2", "google"],
  ["apple", "apple"],
  ["facebook", "facebook"],
]);

export const auth0 = {
  needsPlaces: true,

  async read(files, staging, { read }) {
    for (const file of files) {
      for await (const { line, value } of jsonObjects(file, { read })) {
        const table = value.passwordHash !== undefined && value.user_id === undefined ? "hashes" : "people";
        const email = emailOf(value);
        const row = [idOf(value), email && fold(email), JSON.stringify(value)];
        staging.put(table, ["id", "email", "json"], row, { file, line });
      }
    }
    for (const table of ["people", "hashes"]) {
      staging.ready(table, ["id", "email", "json"]);
      staging.db.exec(`create index ${table}_email on ${table} (email)`);
    }
    if (!staging.get("select 1 from people union all select 1 from hashes limit 1")) throw new Stop("there is nobody in it");
  },

  prepare: (staging, structure, options) => ({ staging, structure, options: { ...options, aliases: PROVIDERS } }),
  hasSecrets: (staging) => staging.get(`select 1 from people where json like '%"totp"%' limit 1`) !== undefined,
  count: (staging) => staging.get("select (select count(*) from people) + (select count(*) from hashes) as n").n,

  *people({ staging }) {
    for (const batch of batches(staging, "people")) {
      for (const row of batch) yield { ...row, user: JSON.parse(row.json), hash: hashOf(row, staging) };
    }
    // Hashes of people whom the export of users does not have stand for themselves.
    for (const batch of batches(staging, "hashes")) {
      for (const row of batch) if (!personOf(row, staging)) yield { ...row, user: JSON.parse(row.json), hash: JSON.parse(row.json) };
    }
  },

  person({ file_, line_, id, user, hash }, context, tell) {
    const createdOn = moment(user.created_at);
    const logins = (user.identities ?? []).filter(({ provider }) => provider !== "auth0");
    return {
      place: { file: file_, line: line_, id },
      oldId: id,
      username: user.username,
      email: emailOf(user) ?? emailOf(hash ?? {}),
      emailVerified: user.email_verified === true,
      firstName: user.given_name || (user.family_name ? null : nameOf(user)),
      lastName: user.family_name,
      phone: user.phone_number,
      photoUrl: typeof user.picture === "string" && !/gravatar|\/avatars\//.test(user.picture) ? user.picture : null,
      lastLogin: moment(user.last_login),
      createdOn,
      modifiedOn: moment(user.updated_at),
      password: passwordOf(user, hash),
      passwordChangedOn: moment(hash?.password_set_date?.$date ?? user.last_password_reset) ?? createdOn,
      memberships: [membershipOf({ status: user.blocked === true ? 2 : 1, createdOn }, context)],
      clients: context.options.clients,
      identities: identitiesOf(
        logins.map(({ provider, user_id }) => ({ provider, subject: user_id === undefined ? undefined : String(user_id) })),
        context.options,
        tell,
      ),
      factors: context.options.withoutFactors ? [] : (user.mfa_factors ?? []).flatMap((factor) => factorOf(factor, tell)),
    };
  },
};

/** The id as users' rows have it: with the connection in front. */
function idOf({ user_id: id, _id: oid }) {
  const text = id ?? oid?.$oid ?? oid;
  if (typeof text !== "string" || text === "") return null;
  return text.includes("|") ? text : `auth0|${text}`;
}

function emailOf({ email, identifiers }) {
  if (typeof email === "string" && email !== "") return email;
  const found = Array.isArray(identifiers) ? identifiers.find((it) => it?.type === "email") : undefined;
  return typeof found?.value === "string" ? found.value : null;
}

const nameOf = ({ name, nickname }) => (name && !name.includes("@") ? name : nickname);

/** The hash of a person: by id, then by address. */
function hashOf({ id, email }, staging) {
  const found =
    staging.get("select json from hashes where id = ?", [id]) ?? staging.get("select json from hashes where email = ?", [email]);
  return found && JSON.parse(found.json);
}

function personOf({ id, email }, staging) {
  return staging.get("select 1 from people where id = ?", [id]) ?? staging.get("select 1 from people where email = ?", [email]);
}

function passwordOf(user, hash) {
  const text = hash?.passwordHash ?? user.password_hash;
  if (typeof text === "string") return anyHash(text);
  return user.custom_password_hash ? auth0Hash(user.custom_password_hash) : null;
}

function factorOf({ totp }, tell) {
  if (totp?.secret) return [{ kind: "totp", base32: totp.secret }];
  tell("left out", "a second factor by message");
  return [];
}
