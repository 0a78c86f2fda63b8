// How many bytes a row of each kind takes in D1, with its indices: SQLite's own pages, with the real migrations.

import { rmSync } from "node:fs";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { migrations } from "../../scripts/lib/local-db.mjs";
import { fixedRows, rowsOfUser } from "./people.mjs";
import { storage } from "./workerd.mjs";

const ROWS = 100_000;
const NOW = Date.now();
const uuid = "printf('%08x-0000-4000-8000-%012x', (i * 2654435761) & 4294967295, i)";
const text = (length) => `substr(hex(randomblob(${length})), 1, ${length})`;
/** The id of the person of a number, as `rowsOfUser` makes it. */
const userId = uuid;

/** What is added, kind by kind; people and their sessions come from the benchmark's own rows. */
const MORE = {
  "audit row of a sign-in": [
    `login_activity (id, at, kind, result, user_id, client_id, session_id, address, country, user_agent, ray, tenant_id)`,
    `${text(22)}, ${NOW} - i, 'sign-in', 'ok', ${userId}, 1, ${uuid}, '2001:db8::' || printf('%x', i), 'DE', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', ${text(16)}, 'tenant-' || (i % 50)`,
  ],
  "audit row of a refusal": [
    `login_activity (id, at, kind, result, user_id, client_id, address, country, user_agent, ray, tenant_id)`,
    `${text(22)}, ${NOW} - i, 'sign-in', 'failed', ${userId}, 1, '2001:db8::' || printf('%x', i), 'DE', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', ${text(16)}, 'tenant-' || (i % 50)`,
  ],
  "known device": ["known_devices (user_id, device, last_used_on)", `${userId}, ${text(43)}, ${NOW} - i`],
  "counter of failed attempts": [
    "attempts (key, failures, last_on, last_tag, last_by)",
    `'network:' || ${text(43)}, 1, ${NOW} - i, ${text(43)}, ${text(22)}`,
  ],
  "code or link": [
    "one_time (key, kind, user_id, client_id, session_id, created_on, expires_on, method)",
    `'code:' || ${text(43)}, 'code', ${userId}, 1, ${uuid}, ${NOW}, ${NOW} + i, 'password'`,
  ],
  identity: [
    "user_identities (provider, issuer, subject, user_id, created_on)",
    `'google', 'https://accounts.google.com', '1' || printf('%020d', i), ${userId}, ${NOW}`,
  ],
  "second factor (authenticator)": [
    "factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)",
    `${text(22)}, ${userId}, 'totp', 'Phone', ${text(80)}, 'SHA1', 6, 30, ${NOW}, ${NOW}`,
  ],
  "second factor (passkey)": [
    `factors (id, user_id, kind, name, credential_id, public_key, sign_count, backup_eligible, backed_up, aaguid, transports, discoverable, rp_id,
       created_on, confirmed_on)`,
    `${text(22)}, ${userId}, 'passkey', 'Phone', ${text(43)}, ${text(103)}, 0, 1, 1, ${uuid}, '["hybrid","internal"]', 1, 'id.example.com', ${NOW}, ${NOW}`,
  ],
  "recovery code (a set is ten)": ["recovery_codes (user_id, digest, created_on)", `${userId}, ${text(43)}, ${NOW}`],
  "trusted device": [
    "trusted_devices (id, user_id, key, user_agent, country, created_on, last_used_on, expires_on)",
    `${text(22)}, ${userId}, ${text(43)}, 'Firefox on Linux', 'DE', ${NOW}, ${NOW}, ${NOW} + i`,
  ],
  "browser that is signed in": [
    "browsers (id, key, form_session, user_id, method, aal, amr, auth_time, user_agent, country, remembered, created_on, last_used_on, expires_on)",
    `${uuid}, ${text(43)}, ${text(43)}, ${userId}, 'password', 1, 'pwd', ${NOW}, 'Firefox on Linux', 'DE', 0, ${NOW}, ${NOW}, ${NOW} + i`,
  ],
  "grant of OAuth, beside its session": [
    "grants (session_id, scope, audience, claims, offline)",
    `${uuid}, 'openid profile email offline_access', '["https://id.example.com/oauth/userinfo"]', '{}', 1`,
  ],
  consent: [
    "consents (user_id, client_id, scope, audience, given_on)",
    `${userId}, 1, 'openid profile email', '["https://id.example.com/oauth/userinfo"]', ${NOW}`,
  ],
};

/** `{ kind: bytes }`, from one database that grows. */
export function bytesOfRows() {
  const path = join(storage, `edgelatch-bytes-${process.pid}.db`);
  const db = new sqlite.Database(path);
  try {
    db.exec(
      "pragma page_size = 4096; pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -65536",
    );
    for (const { sql } of migrations()) db.exec(sql);
    for (const sql of fixedRows(NOW)) db.exec(sql);
    const size = () => db.get("pragma page_count").page_count * 4096;
    const found = {};
    const grow = (kind, statements) => {
      const before = size();
      db.exec("begin");
      for (const [into, values] of statements)
        db.exec(
          `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${ROWS - 1}) insert into ${into} select ${values} from n`,
        );
      db.exec("commit");
      found[kind] = Math.round((size() - before) / ROWS);
    };
    const all = rowsOfUser(NOW).map(({ into, values }) => [into, values]);
    grow("person (user, password, membership, two clients)", all.slice(0, -1));
    grow("session", all.slice(-1));
    for (const [kind, row] of Object.entries(MORE)) grow(kind, [row]);
    return found;
  } finally {
    db.close();
    rmSync(path, { force: true });
  }
}
