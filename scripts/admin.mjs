// npm run admin: lists, disables, enables, erases and signs out users, gives a user another role, and shows tenants, roles, clients, activity and events.

import { table, usage, verbOf } from "./lib/admin-verbs.mjs";
import { withDatabase } from "./lib/database.mjs";
import { erase, findMember, findRoles, setRole, setStatus } from "./lib/members.mjs";
import { commandLine, place } from "./lib/options.mjs";
import { Stop, main, say } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

const USAGE = [
  "npm run admin -- VERB … --local|--remote [--json]",
  "npm run admin -- user disable|enable|erase NAME",
  "npm run admin -- user role NAME ROLE",
  ...usage(),
].join("\n         ");
const STATUSES = ["registered", "active", "inactive", "password change needed", "rejected"];
const COMMANDS = {
  disable: (...args) => changeStatus(2, ...args),
  enable: (...args) => changeStatus(1, ...args),
  erase: eraseUser,
  role: changeRole,
};

await main(async () => {
  const { values, words } = commandLine(USAGE, { ...place, json: { type: "boolean" } }, { words: [1, 2, 3, 4] });
  const found = verbOf(words);
  const [subject, command, username, role] = words;
  const change =
    subject === "user" && username !== undefined && (role === undefined) !== (command === "role") ? COMMANDS[command] : undefined;
  if (!found && !change) throw new Stop(`not understood: ${words.join(" ")}\n  usage: ${USAGE}`);
  await setUpPackages();
  await withDatabase(values, (database) => (found ? perform(database, found, values) : change(database, username, role)));
});

async function perform(database, { verb, rest }, { json }) {
  const now = Date.now();
  // A word that may be left out comes before the time.
  const given = verb.words.map((_, at) => rest[at]);
  const [rows] = await database.query([(verb.query ?? verb.statement)(...given, now)]);
  if (json) return console.log(JSON.stringify(rows));
  if (verb.query) return console.log(table(rows));
  if (rows.length === 0) throw new Stop("there is nothing of that name; nothing was changed");
  say(`changed: ${rows.length}`);
}

async function changeStatus(status, database, username) {
  const before = await find(database, username);
  await database.query([setStatus(username, status, Date.now())]);
  const after = await find(database, username);
  const ended = before.sessions - after.sessions;
  say(`${after.username} was ${STATUSES[before.status]} and is ${STATUSES[after.status]}; sessions ended: ${ended}`);
}

async function changeRole(database, username, role) {
  const before = await find(database, username);
  const [roles] = await database.query([findRoles(role)]);
  if (roles.length !== 1)
    throw new Stop(`there ${roles.length ? `are ${roles.length} roles` : "is no role"} named ${role}; nothing was changed`);
  await database.query([setRole(username, roles[0].id, Date.now())]);
  const after = await find(database, username);
  say(`${after.username} was ${before.role} and is ${after.role}`);
}

async function eraseUser(database, username) {
  const { username: name } = await find(database, username);
  await database.query(erase(username, Date.now()));
  say(`${name} is shut out, and erased by the worker's next hourly run`);
}

async function find(database, username) {
  const [[member]] = await database.query([findMember(username, Date.now())]);
  if (!member) throw new Stop(`there is no user ${username}; nothing was changed`);
  if (member.status === null) throw new Stop(`${username} is no member of a tenant; nothing was changed`);
  return member;
}
