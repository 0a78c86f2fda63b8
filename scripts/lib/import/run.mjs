// An import from its first byte to its summary: read the files, put people together, write them batch by batch.

import { statSync } from "node:fs";
import { Stop, say } from "../steps.mjs";
import { Hashers } from "./argon2id.mjs";
import { Sealer, factorStatements, factorsOf } from "./factors.mjs";
import { filesIn, look } from "./files.mjs";
import { wrapped } from "./hashes.mjs";
import { Refused, personOf } from "./record.mjs";
import { Progress, Report } from "./report.mjs";
import { withStaging } from "./staging.mjs";
import { Structure } from "./structure.mjs";
import { Writer, inStatements } from "./writer.mjs";
import { arc } from "./sources/arc.mjs";
import { auth0 } from "./sources/auth0.mjs";
import { csv } from "./sources/csv.mjs";
import { identity } from "./sources/identity.mjs";
import { keycloak } from "./sources/keycloak.mjs";
import { servicestack } from "./sources/servicestack.mjs";

const SOURCES = { arc, servicestack, identity, keycloak, auth0, csv };

/** People in a batch. At Cloudflare each batch is a file that wrangler hands over, which takes seconds. */
const BATCH = { local: 400, remote: 5000 };

/** Runs an import and answers its exit status. */
export async function runImport(name, paths, options, database) {
  const report = new Report(options.report);
  try {
    const status = await withStaging((staging) => new Import(name, options, database, report, staging).run(paths));
    report.summary();
    if (options.dryRun) say("nothing was written (--dry-run)");
    return status;
  } finally {
    report.close();
  }
}

class Import {
  #keptOut = 0;
  #hasWritten = false;

  constructor(name, options, database, report, staging) {
    const now = Date.now();
    Object.assign(this, { source: SOURCES[name], options, database, report, staging, now });
    this.structure = new Structure(report, now);
    const factors = (people, created) => factorStatements(people, created, inStatements);
    this.writer = new Writer(database, { source: name, includeErased: options.includeErased, now, factors });
    this.hashers = new Hashers();
  }

  async run(paths) {
    await this.#read(paths);
    await this.structure.load(this.database);
    const places = this.source.needsPlaces ? this.#places() : {};
    this.#checkClients();
    await this.#checkErased();
    // Asked for before anything is written.
    if (!this.options.withoutFactors && this.source.hasSecrets?.(this.staging, this.options)) this.#sealer();
    const context = this.#prepared({ ...this.options, ...places });
    try {
      await this.#write(context);
    } catch (error) {
      if (error instanceof Stop && this.#hasWritten) error.status = 1;
      throw error;
    } finally {
      await this.hashers.close();
    }
    if (this.#keptOut > 0)
      say(`${this.#keptOut} people came into tenants that are not active, and cannot sign in: --activate-tenants would have let them in`);
    return this.report.total("refused") > 0 ? 1 : 0;
  }

  #sealed = null;

  #sealer() {
    return (this.#sealed ??= new Sealer(this.options.dataKey()));
  }

  #prepared(options) {
    try {
      return this.source.prepare(this.staging, this.structure, options);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new Stop("what stands beside the people is not of the form that this source writes");
    }
  }

  async #read(paths) {
    const files = paths.flatMap((path) => (look(path).kind === "folder" && this.source.takesFolders ? filesIn(path) : [path]));
    const bytes = files.reduce((sum, file) => sum + (look(file).kind === "file" ? statSync(file).size : 0), 0);
    say(`reading ${files.length} file${files.length === 1 ? "" : "s"}`);
    const progress = new Progress("reading", bytes);
    await this.source.read(files, this.staging, { ...this.options, read: (number) => progress.add(number), report: this.report });
    progress.end();
  }

  /** Where people go whose source does not say it. */
  #places() {
    const tenant = this.structure.tenantNamed(this.options.tenant);
    if (!tenant) throw new Stop(problem("tenant", "SIGN_UP_TENANT", this.options.tenant));
    const role = this.structure.roleNamed(this.options.role, tenant.id);
    if (!role) throw new Stop(problem("role", "SIGN_UP_ROLE", this.options.role, " in the tenant"));
    if (this.options.clients.length === 0) throw new Stop(problem("client", "SIGN_UP_CLIENT_IDS", undefined));
    return { tenantId: tenant.id, roleId: role.id };
  }

  #checkClients() {
    const missing = this.options.clients.find((client) => !this.structure.clients.has(client));
    if (missing !== undefined) throw new Stop(`--client: there is no client ${JSON.stringify(missing)}`);
  }

  /** Records without ids cannot be told from people who were erased. */
  async #checkErased() {
    if (this.options.includeErased || this.source.hasIds?.(this.staging) !== false) return;
    const [[{ n }]] = await this.database.query(["select count(*) as n from erased_users"]);
    if (n > 0)
      throw new Stop(`${n} people were erased here, and records without ids may be theirs: add the column id, or say --include-erased`);
  }

  async #write(context) {
    if (!this.options.dryRun) await this.writer.begin();
    const progress = new Progress("writing", this.source.count(this.staging));
    const size = this.options.remote ? BATCH.remote : BATCH.local;
    let batch = [];
    let written = Promise.resolve();
    // While one batch is written, the next is hashed, and the one after it put together.
    const flush = async () => {
      const [hashed, statements] = [this.#hashed(batch.splice(0)), this.structure.take()];
      hashed.catch(() => {}); // heard when it is awaited
      await written;
      written = hashed.then((people) => this.#flush(people, statements));
      written.catch(() => {});
    };
    for (const row of this.source.people(context)) {
      const person = this.#person(row, context);
      if (person) batch.push(person);
      progress.add(1);
      if (batch.length >= size) await flush();
    }
    await flush();
    await written;
    if (!this.options.dryRun) await this.writer.end();
    progress.end();
  }

  /** The person of a row, unless there is something against it, which is told. */
  #person(row, context) {
    const notes = [];
    const tell = (outcome, why) => notes.push({ outcome, why });
    let place = { file: row.file_, line: row.line_ };
    try {
      const source = this.source.person(row, context, tell);
      place = source.place;
      const person = Object.assign(personOf(source, tell, this.now, { vouched: this.options.emailsVerified }), { notes });
      person.factors = factorsOf(person, { sealer: () => this.#sealer(), rpId: this.options.rpId }, tell);
      this.#claim(person, tell);
      return person;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof TypeError)) throw error;
      // A TypeError is a value of another type than the source ever writes.
      const why = error instanceof Refused ? error.message : "is not of the form that this source writes";
      this.report.tell("refused", "people", place, why);
      return null;
    }
  }

  /** Of two people in the files who would be one, the first stays. */
  #claim(person, tell) {
    const { file, line } = person.place;
    const same = person.oldId === null ? null : this.staging.claim([`id:${person.oldId}`], String(line));
    if (same) throw new Refused(`has the id of the person at line ${same}`);
    const names = [person.usernameKey, person.emailKey].filter((key) => key !== null).map((key) => `name:${key}`);
    const taken = this.staging.claim(names, String(line));
    if (taken) throw new Refused(`has the username or address of the person at line ${taken}`);
    person.identities = person.identities.filter(({ provider, issuer, subject }) => {
      const isTaken = this.staging.claim([`identity:${JSON.stringify([provider, issuer, subject])}`], `${file}:${line}`);
      if (isTaken) tell("left out", "an identity that another person in the files has");
      return !isTaken;
    });
  }

  async #flush(batch, statements) {
    if (this.options.dryRun) return this.#tell(batch, await this.writer.ask(batch));
    this.#hasWritten = true;
    if (statements.length > 0) await this.database.write(statements);
    if (batch.length > 0) this.#tell(batch, await this.writer.write(batch));
  }

  /** The people of a batch with argon2id laid around fast hashes; whoever is here already needs none. */
  async #hashed(people) {
    const isFast = ({ password }) => password !== null && "wrap" in password;
    if (!people.some(isFast)) return people;
    const known = await this.writer.known(people.filter(({ oldId }) => oldId !== null).map(({ oldId }) => oldId));
    if (known.size > 0) this.report.count("people", "exists", people.filter(({ oldId }) => known.has(oldId)).length);
    const batch = people.filter(({ oldId }) => !known.has(oldId));
    const hash = async (person) => {
      const { digest, salt } = person.password.wrap;
      person.password = { stored: this.options.dryRun ? "" : wrapped(salt, await this.hashers.hash(digest)) };
    };
    await Promise.all(batch.filter(isFast).map(hash));
    return batch;
  }

  #tell(people, outcomes) {
    for (const [n, person] of people.entries()) {
      if (outcomes[n].has("created")) this.#came(person, outcomes[n]);
      else if (outcomes[n].has("exists")) this.report.count("people", "exists");
      else this.report.tell("refused", "people", person.place, WHY[[...outcomes[n]][0]]);
    }
  }

  #came(person, outcomes) {
    this.report.count("people", "created");
    for (const { outcome, why } of person.notes) this.report.tell(outcome, "people", person.place, why);
    if (outcomes.has("identity taken")) this.report.tell("left out", "people", person.place, "an identity that opens another account here");
    const tenant = this.structure.tenants.get(person.defaultTenantId);
    if (tenant && tenant.status !== 1) this.#keptOut++;
  }
}

const WHY = {
  deleted: "was here and is deleted",
  erased: "was erased here: --include-erased brings them back",
  "name taken": "its username or address is another person's here",
};

function problem(option, setting, value, where = "") {
  return value === undefined
    ? `say --${option} (there is no setting ${setting} either)`
    : `--${option} ${JSON.stringify(value)}: there is none of that name or id${where}, or several`;
}
