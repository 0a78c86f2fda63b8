// The commands of package.json, each with what the head of its file says of it.

import { readText } from "./steps.mjs";

/** `{ name, call, file, about }` of each command, in the order of package.json. */
export function commands() {
  const { scripts } = JSON.parse(readText("package.json"));
  return Object.entries(scripts).map(([name, line]) => {
    const file = line.split(" ").at(-1);
    const [, call, about] = readText(file).match(/^\/\/ (npm .+?): ([^]+?)\.\s/);
    return { name, call, file, about: about.replaceAll("\n// ", " ") };
  });
}
