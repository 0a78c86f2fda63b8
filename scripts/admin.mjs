// npm run admin: what an administrator does to people, tenants, roles, groups, clients and events, from the operator's machine.

import { exportOf, exported } from "./lib/admin/export.mjs";
import { planOf, table, usage, verbOf } from "./lib/admin/verbs.mjs";
import { withDatabase } from "./lib/database.mjs";
import { commandLine, place } from "./lib/options.mjs";
import { settings } from "./lib/settings.mjs";
import { Stop, main, say } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

const USAGE = [
  "npm run admin -- VERB … --local|--remote [--json]",
  "npm run admin -- user export NAME  (everything that is stored of a person, as JSON)",
  ...usage(),
].join("\n         ");

await main(async () => {
  const options = { ...place, json: { type: "boolean" } };
  const { values, words } = commandLine(USAGE, options, { words: (count) => count >= 1 && count <= 7 });
  const found = verbOf(words);
  const [subject, command, username] = words;
  const isExport = subject === "user" && command === "export" && words.length === 3;
  if (!found && !isExport) throw new Stop(`not understood: ${words.join(" ")}\n  usage: ${USAGE}`);
  await setUpPackages();
  await withDatabase(values, (database) => (found ? perform(database, found, values) : exportUser(database, username)));
});

async function perform(database, found, values) {
  const { statements, shown } = planOf(found, Date.now());
  const answers = await database.query(statements);
  const rows = answers.flat();
  if (found.verb.query) return console.log(values.json ? JSON.stringify(rows) : table(rows));
  if (rows.length === 0) throw new Stop("there is nothing of that name, or it is so already; nothing was changed");
  const secrets = shown?.(resetLink(values));
  if (values.json) return console.log(JSON.stringify(secrets ? { ...rows[0], ...secrets } : rows));
  say(`changed: ${rows.length}`);
  if (secrets) console.log(table([secrets]));
}

/** Where a new password is chosen; locally at `npm run dev`. */
function resetLink({ remote }) {
  const setting = settings({ remote });
  const origin = remote ? setting("PUBLIC_URL") : `http://localhost:${process.env.PORT || 8787}`;
  const link = setting("RESET_LINK") ?? `${origin}/reset-password?token={token}`;
  return (token) => link.replace("{token}", token);
}

async function exportUser(database, username) {
  const found = exported(await database.query(exportOf(username)));
  if (found === null) throw new Stop(`there is no user ${username}`);
  console.log(JSON.stringify(found, null, 2));
}
