// ASP.NET Core Identity: AspNetUsers and what belongs to it, from a SQLite file or CSV.

import { identity as identityHash } from "../hashes.mjs";
import { fits, identitiesOf, membershipOf } from "../place.mjs";
import { moment, truth } from "../record.mjs";
import { readTables } from "../tables.mjs";
import { batches } from "./arc.mjs";

const YEAR = 365 * 86_400_000;

const TABLES = {
  aspnetusers: [
    "id",
    "username",
    "email",
    "emailconfirmed",
    "passwordhash",
    "phonenumber",
    "twofactorenabled",
    "lockoutend",
    "lockoutenabled",
    "firstname",
    "lastname",
    "displayname",
    "fullname",
  ],
  aspnetuserroles: ["userid", "roleid"],
  aspnetroles: ["id", "name"],
  aspnetuserclaims: ["userid", "claimtype", "claimvalue"],
  aspnetuserlogins: ["userid", "loginprovider", "providerkey"],
  aspnetusertokens: ["userid", "name", "value"],
};

/** Claims that say what a column of ours has, by the last part of their type. */
const CLAIMS = new Map([
  ["givenname", "firstName"],
  ["given_name", "firstName"],
  ["surname", "lastName"],
  ["family_name", "lastName"],
  ["gender", "gender"],
  ["dateofbirth", "dob"],
  ["birthdate", "dob"],
  ["locale", "locale"],
]);

export const identity = {
  needsPlaces: true,
  read: (files, staging, options) => readTables(files, staging, TABLES, options),
  prepare: (staging, structure, options) => ({ staging, structure, options, now: Date.now() }),
  hasSecrets: (staging) =>
    staging
      .all(
        `select distinct u.twofactorenabled from aspnetusertokens t join aspnetusers u on u.id = t.userid
         where t.name in ('AuthenticatorKey', 'RecoveryCodes')`,
      )
      .some(({ twofactorenabled }) => truth(twofactorenabled)),
  count: (staging) => staging.get("select count(*) as n from aspnetusers").n,

  *people({ staging }) {
    for (const batch of batches(staging, "aspnetusers")) yield* batch;
  },

  person(row, context, tell) {
    const { staging, options, now } = context;
    const of = (table) => staging.all(`select * from ${table} where userid = ? order by rowid`, [row.id]);
    const roles = of("aspnetuserroles").map(({ roleid }) => staging.get("select name from aspnetroles where id = ?", [roleid])?.name);
    const lockedUntil = truth(row.lockoutenabled ?? 1) ? moment(row.lockoutend) : null;
    if (lockedUntil !== null && lockedUntil > now && lockedUntil <= now + YEAR)
      tell("changed", "without a lock-out that ends within a year");
    const claims = Object.fromEntries(
      of("aspnetuserclaims")
        .map(claimOf)
        .filter(([name]) => name),
    );
    const logins = of("aspnetuserlogins").map(({ loginprovider, providerkey }) => ({ provider: loginprovider, subject: providerkey }));
    return {
      place: { file: row.file_, line: row.line_, table: "AspNetUsers", id: row.id },
      oldId: row.id,
      keepsId: fits(row.id),
      ...claims,
      username: row.username,
      email: row.email,
      emailVerified: truth(row.emailconfirmed),
      firstName: row.firstname || claims.firstName || (row.lastname ? null : row.displayname || row.fullname),
      lastName: row.lastname || claims.lastName,
      phone: row.phonenumber,
      password: row.passwordhash ? identityHash(row.passwordhash) : null,
      memberships: [
        membershipOf({ roles: roles.filter(Boolean), status: lockedUntil !== null && lockedUntil > now + YEAR ? 2 : 1 }, context),
      ],
      clients: options.clients,
      identities: identitiesOf(logins, options, tell),
      factors: truth(row.twofactorenabled) && !options.withoutFactors ? of("aspnetusertokens").flatMap(factorsOf) : [],
    };
  },
};

function claimOf({ claimtype, claimvalue }) {
  const name = (claimtype ?? "").split("/").at(-1).toLowerCase();
  return [CLAIMS.get(name), claimvalue];
}

function factorsOf({ name, value }) {
  if (name === "AuthenticatorKey" && value) return [{ kind: "totp", base32: value }];
  if (name === "RecoveryCodes" && value) return [{ kind: "recovery", codes: value.split(";").filter(Boolean) }];
  return [];
}
