// Keycloak's realm exports: one file, or the files of a folder.

import { basename } from "node:path";
import { Stop } from "../../steps.mjs";
import { keycloak as keycloakHash } from "../hashes.mjs";
import { jsonObjects } from "../json.mjs";
import { fits, identitiesOf, membershipOf } from "../place.mjs";
import { batches } from "./arc.mjs";

/** Roles that every account there has, and that mean something there alone. */
const BUILT_IN = /^(?:default-roles-.*|offline_access|uma_authorization|account:.*)$/;
/** Attributes that a column of ours has. */
const ATTRIBUTES = new Map([
  ["locale", "locale"],
  ["phoneNumber", "phone"],
  ["phone_number", "phone"],
  ["phone", "phone"],
  ["gender", "gender"],
  ["birthdate", "dob"],
  ["middleName", "middleName"],
]);

export const keycloak = {
  needsPlaces: true,
  takesFolders: true,

  async read(files, staging, { read }) {
    for (const file of files.filter((file) => /\.json(?:\.gz)?$/i.test(file) && !/-federated-users-\d+\.json/.test(file))) {
      for await (const { line, value, rest } of jsonObjects(file, { list: "users", read })) {
        const place = { file, line };
        if (value) staging.put("people", ["json"], [JSON.stringify(value)], place);
        else staging.put("realms", ["json"], [JSON.stringify(rest)], place);
      }
    }
    staging.ready("people", ["json"]);
    staging.ready("realms", ["json"]);
    if (!staging.get("select 1 from people limit 1"))
      throw new Stop("there are no users in it: export the realm with its users (kc.sh export)");
  },

  prepare(staging, structure, options) {
    const parts = staging.all("select json from realms").map(({ json }) => JSON.parse(json));
    const realm = parts.find(({ roles }) => roles) ?? {};
    const accounts = staging.get("select count(*) as n from people where json ->> 'username' like 'service-account-%'").n;
    if (accounts > 0) structure.report.count("service accounts, which are no people", "left out", accounts);
    return { staging, structure, options, roles: effectiveRoles(realm.roles ?? {}), groups: groupsOf(realm.groups ?? []) };
  },

  hasSecrets: (staging) =>
    staging.get(`select 1 from people where json like '%"otp"%' or json like '%"recovery-authn-codes"%' limit 1`) !== undefined,

  count: (staging) => staging.get("select count(*) as n from people").n,

  *people({ staging }) {
    for (const batch of batches(staging, "people")) {
      for (const row of batch) {
        const user = JSON.parse(row.json);
        if (!isServiceAccount(user)) yield { file_: row.file_, line_: row.line_, user };
      }
    }
  },

  person({ file_, line_, user }, context, tell) {
    const { options } = context;
    const actions = user.requiredActions ?? [];
    const roles = rolesOf(user, context);
    const status = user.enabled === false ? 2 : actions.includes("UPDATE_PASSWORD") ? 3 : 1;
    const createdOn = millis(user.createdTimestamp);
    const identities = (user.federatedIdentities ?? []).map((it) => ({ provider: it.identityProvider, subject: it.userId }));
    return {
      place: { file: basename(file_), line: line_, id: user.id },
      oldId: user.id ?? null,
      keepsId: fits(user.id),
      ...attributesOf(user, tell),
      username: user.username,
      email: user.email,
      emailVerified: user.emailVerified === true && !actions.includes("VERIFY_EMAIL"),
      firstName: user.firstName,
      lastName: user.lastName,
      createdOn,
      memberships: [membershipOf({ roles, status, createdOn }, context)],
      clients: options.clients,
      identities: [
        ...identitiesOf(identities, options, tell),
        ...(options.keycloakIssuer && user.id ? [{ provider: "keycloak", issuer: options.keycloakIssuer, subject: user.id }] : []),
      ],
      ...credentialsOf(user, options, tell),
    };
  },
};

/** A moment, where a member has one. */
const millis = (value) => (Number.isSafeInteger(value) ? value : null);

const isServiceAccount = ({ username, serviceAccountClientId }) =>
  Boolean(serviceAccountClientId) || /^service-account-/.test(username ?? "");

/** Every role with what it is composed of, by name; a client's role is `client:role`. */
function effectiveRoles({ realm = [], client = {} }) {
  const composites = new Map();
  const add = (name, { composites: parts }) =>
    composites.set(name, [
      ...(parts?.realm ?? []),
      ...Object.entries(parts?.client ?? {}).flatMap(([id, names]) => names.map((part) => `${id}:${part}`)),
    ]);
  for (const role of realm) add(role.name, role);
  for (const [id, roles] of Object.entries(client)) for (const role of roles) add(`${id}:${role.name}`, role);
  return (names) => {
    const all = new Set();
    const follow = (name) => {
      if (all.has(name)) return;
      all.add(name);
      for (const part of composites.get(name) ?? []) follow(part);
    };
    names.forEach(follow);
    return [...all].filter((name) => !BUILT_IN.test(name));
  };
}

/** The roles of each group by its path, those of the groups above it included. */
function groupsOf(groups, above = [], path = "") {
  return new Map(
    groups.flatMap((group) => {
      const here = `${path}/${group.name}`;
      const roles = [...above, ...directRoles(group)];
      return [[group.path ?? here, roles], ...groupsOf(group.subGroups ?? [], roles, here)];
    }),
  );
}

const directRoles = ({ realmRoles = [], clientRoles = {} }) => [
  ...realmRoles,
  ...Object.entries(clientRoles).flatMap(([client, names]) => names.map((name) => `${client}:${name}`)),
];

function rolesOf(user, { roles, groups }) {
  const ofGroups = (user.groups ?? []).flatMap((path) => groups.get(path) ?? []);
  return roles([...directRoles(user), ...ofGroups]);
}

function attributesOf(user, tell) {
  const known = {};
  for (const [name, [value]] of Object.entries(user.attributes ?? {}).filter(([, values]) => Array.isArray(values))) {
    if (ATTRIBUTES.has(name)) known[ATTRIBUTES.get(name)] = value;
    else tell("left out", `the attribute ${JSON.stringify(name)}`);
  }
  return known;
}

/** Password and factors; what of a password was before is none. */
function credentialsOf(user, options, tell) {
  const credentials = (user.credentials ?? []).map((it) => ({ ...it, data: read(it.credentialData), secret: read(it.secretData) }));
  const password = credentials.find(({ type }) => type === "password");
  const factors = options.withoutFactors ? [] : credentials.flatMap((credential) => factorOf(credential, options, tell));
  return {
    password: password ? keycloakHash(password.data, password.secret) : null,
    passwordChangedOn: millis(password?.createdDate),
    factors,
  };
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function factorOf({ type, data, secret, userLabel, createdDate }, { passkeys }, tell) {
  const common = { name: userLabel, createdOn: millis(createdDate) };
  if (type === "otp" && data?.subType === "hotp") tell("left out", "a second factor by HOTP");
  else if (type === "otp")
    return [{ kind: "totp", ...common, key: secret?.value, digits: data?.digits, period: data?.period, algorithm: data?.algorithm }];
  else if (type === "recovery-authn-codes")
    return [{ kind: "recovery", digests: Array.isArray(secret?.codes) ? secret.codes.map((it) => it?.encodedHashedValue) : [] }];
  else if (type === "webauthn" || type === "webauthn-passwordless") {
    if (passkeys) return [{ kind: "passkey", ...common, ...data }];
    tell("left out", "a passkey: say --passkeys if its RP ID was your PASSKEY_RP_ID");
  }
  return [];
}
