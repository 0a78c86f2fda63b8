// npm run admin: disables, enables or erases a user, or gives a user another role.

import { withDatabase } from "./lib/database.mjs";
import { erase, findMember, findRoles, setRole, setStatus } from "./lib/members.mjs";
import { commandLine, place } from "./lib/options.mjs";
import { Stop, main, say } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

const USAGE =
  "npm run admin -- user disable|enable|erase NAME --local|--remote\n         npm run admin -- user role NAME ROLE --local|--remote";
const STATUSES = ["registered", "active", "inactive", "password change needed", "rejected"];
const COMMANDS = {
  disable: (...args) => changeStatus(2, ...args),
  enable: (...args) => changeStatus(1, ...args),
  erase: eraseUser,
  role: changeRole,
};

await main(async () => {
  const { values, words } = commandLine(USAGE, place, { words: [3, 4] });
  const [subject, command, username, role] = words;
  const change = COMMANDS[command];
  if (subject !== "user" || !change || (role === undefined) === (command === "role")) {
    throw new Stop(`not understood: ${words.join(" ")}\n  usage: ${USAGE}`);
  }
  await setUpPackages();
  await withDatabase(values, (database) => change(database, username, role));
});

async function changeStatus(status, database, username) {
  const before = await find(database, username);
  await database.query([setStatus(username, status, Date.now())]);
  const after = await find(database, username);
  const ended = before.sessions - after.sessions;
  say(`${after.username} was ${STATUSES[before.status]} and is ${STATUSES[after.status]}; sessions ended: ${ended}`);
}

async function eraseUser(database, username) {
  const { username: name } = await find(database, username);
  await database.query(erase(username, Date.now()));
  say(`${name} is shut out, and erased by the worker's next hourly run`);
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

async function find(database, username) {
  const [[member]] = await database.query([findMember(username, Date.now())]);
  if (!member) throw new Stop(`there is no user ${username}; nothing was changed`);
  if (member.status === null) throw new Stop(`${username} is no member of a tenant; nothing was changed`);
  return member;
}
