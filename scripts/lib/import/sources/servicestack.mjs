// ServiceStack's own accounts: UserAuth and what belongs to it, from a SQLite file or CSV.

import { serviceStack } from "../hashes.mjs";
import { identitiesOf, membershipOf } from "../place.mjs";
import { moment } from "../record.mjs";
import { listOf, readTables } from "../tables.mjs";
import { batches } from "./arc.mjs";

const TABLES = {
  userauth: [
    "id",
    "username",
    "email",
    "primaryemail",
    "phonenumber",
    "firstname",
    "lastname",
    "displayname",
    "fullname",
    "birthdate",
    "birthdateraw",
    "culture",
    "language",
    "gender",
    "salt",
    "passwordhash",
    "roles",
    "permissions",
    "createddate",
    "modifieddate",
    "lockeddate",
  ],
  userauthdetails: ["userauthid", "provider", "userid"],
  userauthrole: ["userauthid", "role", "permission"],
};

export const servicestack = {
  needsPlaces: true,
  read: (files, staging, options) => readTables(files, staging, TABLES, options),
  prepare: (staging, structure, options) => ({ staging, structure, options }),
  count: (staging) => staging.get("select count(*) as n from userauth").n,

  *people({ staging }) {
    for (const batch of batches(staging, "userauth")) yield* batch;
  },

  person(row, context, tell) {
    const { staging, options } = context;
    const of = (table) => staging.all(`select * from ${table} where userauthid = ? order by rowid`, [row.id]);
    const given = of("userauthrole");
    const createdOn = moment(row.createddate);
    const membership = membershipOf(
      {
        roles: [...listOf(row.roles), ...given.map(({ role }) => role).filter(Boolean)],
        permissions: [...listOf(row.permissions), ...given.map(({ permission }) => permission).filter(Boolean)],
        status: row.lockeddate ? 2 : 1,
        createdOn,
      },
      context,
    );
    const logins = of("userauthdetails").map(({ provider, userid }) => ({ provider, subject: userid }));
    return {
      place: { file: row.file_, line: row.line_, table: "UserAuth", id: row.id },
      oldId: row.id,
      username: row.username,
      email: row.email || row.primaryemail,
      firstName: row.firstname || (row.lastname ? null : row.displayname || row.fullname),
      lastName: row.lastname,
      phone: row.phonenumber,
      gender: row.gender,
      dob: row.birthdate || row.birthdateraw,
      locale: row.culture || row.language,
      createdOn,
      modifiedOn: moment(row.modifieddate),
      password: row.passwordhash ? serviceStack(row.passwordhash, row.salt) : null,
      passwordChangedOn: createdOn,
      memberships: [membership],
      clients: options.clients,
      identities: identitiesOf(
        logins.filter(({ provider }) => provider && !/^(?:credentials|basic|apikey|jwt)$/i.test(provider)),
        options,
        tell,
      ),
    };
  },
};
