// npm run admin: what an administrator does to people, tenants, roles, groups, clients and events, from the operator's machine.

import { exportOf, exported } from "./lib/admin/export.mjs";
import { auditRow, planOf, table, usage, verbOf } from "./lib/admin/verbs.mjs";
import { withDatabase } from "./lib/database.mjs";
import { erase, findMember, findRoles, setRole, setStatus } from "./lib/members.mjs";
import { commandLine, place } from "./lib/options.mjs";
import { settings } from "./lib/settings.mjs";
import { Stop, main, say } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

const USAGE = [
  "npm run admin -- VERB … --local|--remote [--json]",
  "npm run admin -- user disable|enable|erase NAME",
  "npm run admin -- user role NAME ROLE",
  "npm run admin -- user export NAME  (everything that is stored of a person, as JSON)",
  ...usage(),
].join("\n         ");
const STATUSES = ["registered", "active", "inactive", "password change needed", "rejected"];
const COMMANDS = {
  disable: (...args) => changeStatus(2, ...args),
  enable: (...args) => changeStatus(1, ...args),
  erase: eraseUser,
  role: changeRole,
  export: exportUser,
};

await main(async () => {
  const options = { ...place, json: { type: "boolean" } };
  const { values, words } = commandLine(USAGE, options, { words: (count) => count >= 1 && count <= 7 });
  const found = verbOf(words);
  const [subject, command, username, role] = words;
  const fits = username !== undefined && (role === undefined) !== (command === "role");
  const change = subject === "user" && fits && words.length <= 4 ? COMMANDS[command] : undefined;
  if (!found && !change) throw new Stop(`not understood: ${words.join(" ")}\n  usage: ${USAGE}`);
  await setUpPackages();
  await withDatabase(values, (database) => (found ? perform(database, found, values) : change(database, username, role)));
});

async function perform(database, found, values) {
  const now = Date.now();
  const { statements, shown } = planOf(found, now);
  const answers = await database.query(statements);
  const rows = answers.flat();
  if (found.verb.query) return console.log(values.json ? JSON.stringify(rows) : table(rows));
  if (rows.length === 0) throw new Stop("there is nothing of that name, or it is so already; nothing was changed");
  await database.query([auditRow(found, rows[0].id, now)]);
  const secrets = shown?.(resetLink(settings(values)));
  if (values.json) return console.log(JSON.stringify(secrets ? { ...rows[0], ...secrets } : rows));
  say(`changed: ${rows.length}`);
  if (secrets) console.log(table([secrets]));
}

/** Where a new password is chosen. */
const resetLink = (setting) => (token) =>
  (setting("RESET_LINK") ?? `${setting("PUBLIC_URL") ?? ""}/reset-password?token={token}`).replace("{token}", token);

async function changeStatus(status, database, username) {
  const before = await find(database, username);
  await database.query([setStatus(username, status, Date.now()), note(status === 2 ? "user disable" : "user enable", before)]);
  const after = await find(database, username);
  const ended = before.sessions - after.sessions;
  say(`${after.username} was ${STATUSES[before.status]} and is ${STATUSES[after.status]}; sessions ended: ${ended}`);
}

async function changeRole(database, username, role) {
  const before = await find(database, username);
  const [roles] = await database.query([findRoles(role)]);
  if (roles.length !== 1)
    throw new Stop(`there ${roles.length ? `are ${roles.length} roles` : "is no role"} named ${role}; nothing was changed`);
  await database.query([setRole(username, roles[0].id, Date.now()), note("user role", before)]);
  const after = await find(database, username);
  say(`${after.username} was ${before.role} and is ${after.role}`);
}

async function eraseUser(database, username) {
  const before = await find(database, username);
  await database.query([...erase(username, Date.now()), note("user erase", before)]);
  say(`${before.username} is shut out, and erased by the worker's next hourly run`);
}

async function exportUser(database, username) {
  const found = exported(await database.query(exportOf(username)));
  if (found === null) throw new Stop(`there is no user ${username}`);
  console.log(JSON.stringify(found, null, 2));
}

const note = (name, { id }) => auditRow({ name, verb: { result: "changed" } }, id, Date.now());

async function find(database, username) {
  const [[member]] = await database.query([findMember(username, Date.now())]);
  if (!member) throw new Stop(`there is no user ${username}; nothing was changed`);
  if (member.status === null) throw new Stop(`${username} is no member of a tenant; nothing was changed`);
  return member;
}
