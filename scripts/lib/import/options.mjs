// The options of an import, held to one another before anything is read.

import { resolve } from "node:path";
import { place } from "../options.mjs";
import { settings } from "../settings.mjs";
import { Stop } from "../steps.mjs";
import { providerOf } from "./providers.mjs";

const SOURCES = ["arc", "servicestack", "identity", "keycloak", "auth0", "csv"];

export const USAGE = `npm run import -- SOURCE FILE… --local|--remote [--dry-run] [--report FILE] [options]

  SOURCE is one of arc, servicestack, identity, keycloak, auth0, csv; docs/moving/ has a guide for each.

  --tenant NAME-OR-ID  --role NAME  --client ID[,ID]   where people go whose source does not say it
                            (default: SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS)
  --emails-verified         you vouch for every address
  --totp on|off             arc: whether authenticators are asked for there
  --activate-tenants        arc: every tenant that comes is active
  --same-client ID          arc: the client of this name here is that one, whatever its secret (may be repeated)
  --keycloak-issuer URL     who issued the identities of Keycloak
  --identity-provider ALIAS=PROVIDER   keycloak: what an identity provider there is called here (may be repeated)
  --passkeys                keycloak: its RP ID was our PASSKEY_RP_ID, so its passkeys work here
  --without-factors         second factors stay out
  --delimiter SIGN          csv: another sign than the comma
  --include-erased          people who were erased here may come in again
  --dry-run                 says what would become of everybody, and writes nothing
  --report FILE             a line of JSON for each record that was refused, changed or left out in part

  Exit status: 0 all is in or was in, 1 some records were refused, 2 nothing was done.`;

export const OPTIONS = {
  ...place,
  "dry-run": { type: "boolean" },
  report: { type: "string" },
  tenant: { type: "string" },
  role: { type: "string" },
  client: { type: "string" },
  "emails-verified": { type: "boolean" },
  totp: { type: "string" },
  "activate-tenants": { type: "boolean" },
  "same-client": { type: "string", multiple: true },
  "keycloak-issuer": { type: "string" },
  "identity-provider": { type: "string", multiple: true },
  passkeys: { type: "boolean" },
  "without-factors": { type: "boolean" },
  delimiter: { type: "string" },
  "include-erased": { type: "boolean" },
};

/** Options that mean something for one source alone. */
const ONLY = {
  totp: ["arc"],
  "activate-tenants": ["arc"],
  "same-client": ["arc"],
  tenant: ["servicestack", "identity", "keycloak", "auth0", "csv"],
  role: ["servicestack", "identity", "keycloak", "auth0", "csv"],
  "identity-provider": ["keycloak", "identity", "servicestack"],
  passkeys: ["keycloak"],
  delimiter: ["csv", "servicestack", "identity"],
};

/** The options as an import knows them; stops where they do not fit. */
export function readOptions(source, files, values) {
  if (!SOURCES.includes(source)) throw new Stop(`there is no source ${source}: it is one of ${SOURCES.join(", ")}`);
  for (const [name, sources] of Object.entries(ONLY)) {
    if (values[name] !== undefined && !sources.includes(source)) throw new Stop(`--${name} means nothing for ${source}`);
  }
  if (values.totp !== undefined && !["on", "off"].includes(values.totp)) throw new Stop("--totp is on or off");
  if (values.delimiter !== undefined && (values.delimiter.length !== 1 || /["\r\n]/.test(values.delimiter)))
    throw new Stop("--delimiter is one sign, and no quote");
  if (values.report !== undefined && files.some((file) => resolve(file) === resolve(values.report)))
    throw new Stop("--report would overwrite a file of the import");
  const setting = settings(values);
  const list = (text) =>
    (text ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean);
  return {
    tenant: values.tenant ?? setting("SIGN_UP_TENANT"),
    role: values.role ?? setting("SIGN_UP_ROLE"),
    clients: list(values.client ?? (source === "arc" ? "" : setting("SIGN_UP_CLIENT_IDS"))),
    emailsVerified: values["emails-verified"] ?? false,
    totp: values.totp,
    activateTenants: values["activate-tenants"] ?? false,
    sameClients: new Set(values["same-client"]),
    keycloakIssuer: issuer(values["keycloak-issuer"]),
    aliases: aliases(values["identity-provider"] ?? []),
    passkeys: values.passkeys ?? false,
    withoutFactors: values["without-factors"] ?? false,
    delimiter: values.delimiter ?? ",",
    includeErased: values["include-erased"] ?? false,
    dryRun: values["dry-run"] ?? false,
    remote: values.remote ?? false,
    report: values.report,
    dataKey: () => setting("DATA_KEY"),
    rpId: values.passkeys ? relyingParty(setting) : undefined,
  };
}

/** The RP ID that passkeys work for here. */
function relyingParty(setting) {
  const url = setting("PUBLIC_URL");
  const id = setting("PASSKEY_RP_ID") ?? (url && new URL(url).hostname);
  if (!id) throw new Stop("--passkeys: there is no PASSKEY_RP_ID, nor a PUBLIC_URL of whose host it would be");
  return id;
}

function issuer(text) {
  if (text !== undefined && !/^https?:\/\//.test(text)) throw new Stop("--keycloak-issuer is a URL");
  return text;
}

function aliases(pairs) {
  return new Map(
    pairs.map((pair) => {
      const [, alias, name] = pair.match(/^(.+)=([a-z]+)$/) ?? [];
      const provider = name && providerOf(name);
      if (!provider) throw new Stop(`--identity-provider ${pair}: it is ALIAS=PROVIDER, of google, apple, facebook, instagram, keycloak`);
      return [alias, provider];
    }),
  );
}
