// A CSV file of people, for everything that is no source of its own.

import { Stop } from "../../steps.mjs";
import { csvRows } from "../csv.mjs";
import { Unreadable } from "../files.mjs";
import { anyHash } from "../hashes.mjs";
import { fits, membershipOf } from "../place.mjs";
import { Refused, truth } from "../record.mjs";
import { batches } from "./arc.mjs";

const COLUMNS = [
  "id",
  "username",
  "email",
  "emailVerified",
  "firstName",
  "middleName",
  "lastName",
  "phone",
  "gender",
  "dob",
  "locale",
  "status",
  "passwordHash",
  "totpSecret",
  "tenant",
  "roles",
  "clientIds",
];

export const csv = {
  needsPlaces: true,

  async read(files, staging, { delimiter, read }) {
    for (const file of files) {
      const checkHeader = (columns, line) => check(columns, (problem) => new Unreadable(file, line, problem));
      for await (const { line, columns, values } of csvRows(file, { delimiter, read, checkHeader }))
        staging.put("people", columns, values, { file, line });
    }
    staging.ready(
      "people",
      COLUMNS.map((name) => name.toLowerCase()),
    );
  },

  /** Whether every record has an id, so that it can be told from a person who was erased. */
  hasIds: (staging) => staging.get("select 1 from people where id is null limit 1") === undefined,

  hasSecrets: (staging) => staging.get("select 1 from people where totpsecret is not null limit 1") !== undefined,

  prepare(staging, structure, options) {
    for (const { tenant } of staging.all("select distinct tenant from people where tenant is not null"))
      if (!structure.tenantNamed(tenant)) throw new Stop(`there is no tenant ${JSON.stringify(tenant)}, or several of that name`);
    return { staging, structure, options };
  },

  count: (staging) => staging.get("select count(*) as n from people").n,

  *people({ staging }) {
    for (const batch of batches(staging, "people")) yield* batch;
  },

  person(row, context, tell) {
    const { structure, options } = context;
    const status = row.status === null ? 1 : Number(row.status);
    if (![0, 1, 2, 3, 4].includes(status)) throw new Refused("its status is none of 0 to 4");
    const clients = row.clientids === null ? options.clients : listOf(row.clientids);
    const known = clients.filter((client) => structure.clients.has(client));
    if (known.length < clients.length) tell("left out", "a client that is not here");
    const tenantId = row.tenant === null ? undefined : structure.tenantNamed(row.tenant).id;
    return {
      place: { file: row.file_, line: row.line_, ...(row.id !== null && { id: row.id }) },
      oldId: row.id,
      keepsId: fits(row.id),
      username: row.username,
      email: row.email,
      emailVerified: truth(row.emailverified),
      firstName: row.firstname,
      middleName: row.middlename,
      lastName: row.lastname,
      phone: row.phone,
      gender: row.gender,
      dob: row.dob,
      locale: row.locale,
      password: row.passwordhash === null ? null : anyHash(row.passwordhash),
      memberships: [membershipOf({ roles: row.roles === null ? [] : listOf(row.roles), status, tenantId }, context)],
      clients: known,
      factors: row.totpsecret !== null && !options.withoutFactors ? [{ kind: "totp", base32: row.totpsecret }] : [],
    };
  },
};

function check(columns, problem) {
  if (columns.includes("password")) throw problem("has a column password: clear passwords belong in no file; hashes go into passwordHash");
  const unknown = columns.find((name) => !COLUMNS.includes(name));
  if (unknown !== undefined) throw problem(`the column ${JSON.stringify(unknown)} is not known: they are ${COLUMNS.join(", ")}`);
  if (!columns.includes("email") && !columns.includes("username")) throw problem("has neither a column email nor a column username");
}

/** A list in one value: with semicolons between, or with commas. */
function listOf(text) {
  return text
    .split(text.includes(";") ? ";" : ",")
    .map((item) => item.trim())
    .filter(Boolean);
}
