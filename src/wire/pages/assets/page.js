// The script of the pages. Every page works without it: what only a script can do is hidden until it is here.

for (const button of document.querySelectorAll("button[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", shown ? button.dataset.hide : button.dataset.show);
    input.focus();
  });
  // A password manager, and the next person, must find a password field.
  input.form.addEventListener("submit", () => (input.type = "password"));
}

for (const button of document.querySelectorAll("button[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// ---- passkeys (WebAuthn Level 3) ----

const passkeys = self.PublicKeyCredential;
// A challenge is good for five minutes: what waits for longer gets a fresh one.
const FRESH = 240_000;
let waiting;
let renewal;

/** Has the browser do a ceremony, and sends what comes of it with the form. */
async function ceremony(part, mediation) {
  // What the browser offers meanwhile would be in the way.
  waiting?.abort();
  clearTimeout(renewal);
  const { signal } = (waiting = new AbortController());
  const answer = await fetch(`/passkey/${part.dataset.passkey}`, { redirect: "error", signal });
  if (!answer.ok) throw new Error(answer.statusText);
  const { id, publicKey } = await answer.json();
  const credential = publicKey.user
    ? await navigator.credentials.create({ publicKey: passkeys.parseCreationOptionsFromJSON(publicKey), signal })
    : await navigator.credentials.get({ publicKey: passkeys.parseRequestOptionsFromJSON(publicKey), mediation, signal });
  const form = part.closest("form");
  for (const [name, value] of [
    ["ceremony", id],
    ["credential", JSON.stringify(credential)],
  ]) {
    const input = form.elements.namedItem(name) ?? document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  // The fields beside are for the other way, and may be empty.
  form.submit();
}

/** Lets the browser offer passkeys where it fills in names, for as long as the page is open. */
async function offer(part) {
  if (!(await passkeys.isConditionalMediationAvailable?.())) return;
  ceremony(part, "conditional").catch(() => {});
  renewal = setTimeout(() => offer(part), FRESH);
}

for (const part of passkeys?.parseRequestOptionsFromJSON ? document.querySelectorAll("[data-passkey]") : []) {
  const [button, problem] = part.children;
  part.hidden = false;
  for (const hint of document.querySelectorAll("[data-instead]")) hint.hidden = true;
  button.addEventListener("click", async () => {
    problem.hidden = true;
    try {
      await ceremony(part, "optional");
    } catch {
      problem.hidden = false;
      if ("offers" in part.dataset) offer(part);
    }
  });
  if ("offers" in part.dataset) offer(part);
}

// Authenticators are told which passkeys there are, so that they offer no others (§5.1.10).
for (const { dataset } of document.querySelectorAll("[data-unknown]")) {
  passkeys?.signalUnknownCredential?.(JSON.parse(dataset.unknown)).catch(() => {});
}
for (const { dataset } of document.querySelectorAll("[data-accepted]")) {
  const accepted = JSON.parse(dataset.accepted);
  passkeys?.signalAllAcceptedCredentials?.(accepted).catch(() => {});
  passkeys?.signalCurrentUserDetails?.(accepted).catch(() => {});
}
