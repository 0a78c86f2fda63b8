// The Java clients that the tests try: their jars by Maven coordinates, in folders of their own.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { capture, root, run, say } from "./steps.mjs";

/** The oldest version that signs in with cookies, and the newest. */
export const JAVA_CLIENTS = ["1.0.33", "1.0.49"];

const JAVA = join(root, ".tools/java");

/** Where a version's jars are, once they are fetched. */
export const jarsOf = (version) => join(JAVA, `client-${version}`);

/** Fetches the jars where Java's compiler and Maven are found. Where they are not, their test says so. */
export async function installJavaClients() {
  const wanted = JAVA_CLIENTS.filter((version) => !existsSync(jarsOf(version)));
  if (wanted.length === 0) return;
  for (const program of ["javac", "mvn"]) {
    if ((await capture(program, ["-version"])).status !== 0) return;
  }
  for (const version of wanted) {
    say(`fetching net.servicestack:client:${version} for Java into .tools/java`);
    const options = [`-Dclient=${version}`, `-DoutputDirectory=${jarsOf(version)}`, `-Dmaven.repo.local=${join(JAVA, "repository")}`];
    await run("mvn", ["--quiet", "--batch-mode", "--file", "tests/support/java/pom.xml", ...options, "dependency:copy-dependencies"], {
      failure: `net.servicestack:client:${version} could not be fetched (see above): is Maven Central reachable?`,
    });
  }
}
