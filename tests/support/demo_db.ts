// The schema and the demo data, as fast as they can be there: what they come to is what the scripts make of them.

import { migrations, seedDemo } from "../../scripts/lib/local-db.mjs";
import type { Database } from "../../scripts/lib/storage.mjs";
import { STORED } from "./hashes";

/** Makes the tables of a database that has none, in one trip. */
export const migrate = (db: Database) => db.batch(migrations().map(({ sql }) => db.prepare(sql)));

/** Puts the demo data there, with its passwords as argon2id stores them: none is hashed. */
export const seed = (db: Database) => seedDemo(db, (password) => STORED[password]!);
