// One record of a person, whatever the source: what is read from it, held to the limits of this service.

import { randomUUID } from "node:crypto";
import { addressOf, fold } from "../people.mjs";

/** As many characters as a username or address may have (src/auth/account.rs). */
const LONGEST_NAME = 320;
/** No system has longer ids, in characters. */
const LONGEST_ID = 255;
/** As many as other texts of a person: the limits of sign-up (src/wire/loopback/models/profile.rs). */
const TEXTS = { firstName: 50, middleName: 50, lastName: 50, phone: 15, designation: 50, photoUrl: 2048, locale: 35 };

const TEXT_LIMITS = Object.entries(TEXTS);

/**
 * A person as a source tells of them.
 *
 * @typedef {{
 *   place: { file?: string, line?: number, table?: string, id?: string },
 *   oldId?: string, keepsId?: boolean, username?: string | null, email?: string | null, emailVerified?: boolean,
 *   firstName?: string | null, middleName?: string | null, lastName?: string | null, phone?: string | null,
 *   gender?: string | null, dob?: string | null, designation?: string | null, photoUrl?: string | null, lastLogin?: number | null,
 *   createdOn?: number | null, modifiedOn?: number | null,
 *   password?: import("./hashes.mjs").Converted | null, passwordChangedOn?: number | null,
 *   memberships: Membership[], defaultTenantId?: string | null, clients: string[],
 *   identities?: { provider: string, issuer: string, subject: string }[], factors?: object[],
 * }} Source
 * @typedef {{ id?: string, tenantId: string, roleId: string, status: number, locale?: string | null, createdOn?: number,
 *   modifiedOn?: number, permissions?: object[], resources?: object[] }} Membership
 */

/** Why a person cannot come in. */
export class Refused extends Error {}

/**
 * The person as the database keeps them; `tell(outcome, why)` hears what was changed or left out. Throws `Refused`.
 *
 * @param {Source} source
 * @param {{ vouched?: boolean }} options whether the operator vouches for every address
 */
export function personOf(source, tell, now, { vouched = false } = {}) {
  const oldId = source.oldId ?? null;
  const isId = oldId === null || (typeof oldId === "string" && oldId !== "" && !isLonger(oldId, LONGEST_ID) && isText(oldId));
  if (!isId) throw new Refused("has an id that is no text, or too long");
  const names = namesOf(source);
  const phone = shortPhone(source.phone);
  const texts = {};
  for (const [name, most] of TEXT_LIMITS) texts[name] = text(name === "phone" ? phone : source[name], name, most, tell);
  const nameless = !texts.firstName && !texts.middleName && !texts.lastName;
  const memberships = source.memberships.map((membership) => ({
    ...membership,
    id: membership.id ?? randomUUID(),
    locale: text(membership.locale ?? source.locale, "locale", TEXTS.locale, tell),
  }));
  return {
    ...names,
    ...texts,
    place: source.place,
    oldId,
    id: source.keepsId ? oldId : randomUUID(),
    keepsId: source.keepsId ?? false,
    // What a source says of an address is not said of a username that happens to be one.
    emailVerified: names.email !== null && (vouched || (names.emailIsGiven && Boolean(source.emailVerified))) ? 1 : 0,
    firstName: texts.firstName ?? names.username,
    nameStandsIn: nameless ? 1 : 0,
    gender: genderOf(source.gender, tell),
    dob: dateOf(source.dob, tell),
    lastLogin: source.lastLogin ?? null,
    createdOn: source.createdOn ?? now,
    modifiedOn: source.modifiedOn ?? source.createdOn ?? now,
    password: passwordOf(source.password, tell),
    passwordChangedOn: source.passwordChangedOn ?? source.createdOn ?? now,
    memberships,
    defaultTenantId: defaultTenant(source, memberships, tell),
    clients: [...new Set(source.clients)],
    identities: source.identities ?? [],
    factors: source.factors ?? [],
  };
}

/** Username and address, as they are and folded. */
function namesOf({ username: asUsername, email: asEmail }) {
  const given = [asUsername, asEmail].map((name) => (typeof name === "string" ? name.trim() : "") || null);
  for (const name of given) {
    if (name === null) continue;
    if (isLonger(name, LONGEST_NAME)) throw new Refused("the username or address is longer than 320 characters");
    if (!isText(name)) throw new Refused("the username or address has a character that no text may have");
  }
  const [named, address] = given;
  const username = named ?? address;
  if (username === null) throw new Refused("has neither username nor address");
  // An address that is nobody's else is the person's, where they have no other.
  const email = address ?? (username.includes("@") ? username : null);
  return {
    username,
    usernameKey: fold(username),
    usernameAddress: addressOf(username),
    email,
    emailKey: email === null ? null : fold(email),
    emailIsGiven: address !== null,
  };
}

/** Whether a text has more characters than that; UTF-16 has at least as many units. */
const isLonger = (text, most) => text.length > most && [...text].length > most;

/** Whether a text is one that every table takes. */
export const isText = (value) => !value.includes("\0") && value.isWellFormed();

function text(value, name, most, tell) {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value !== "string" || isLonger(value, most) || !isText(value)) {
    tell("left out", `${name} beyond its limits`);
    return null;
  }
  return value;
}

/** A telephone number without what only makes it readable, where it is too long with that. */
function shortPhone(value) {
  return typeof value === "string" && value.length > TEXTS.phone ? value.replace(/[\s()./-]/g, "") : value;
}

function genderOf(value, tell) {
  const gender = String(value ?? "").trim();
  if (gender === "") return null;
  const letter = /^(?:([mfo])|(m)ale|(f)emale|(o)ther)$/i.exec(gender)?.slice(1).find(Boolean).toUpperCase();
  if (!letter) tell("left out", "gender other than M, F, O");
  return letter ?? null;
}

/** A day in ISO form, of a date or of a date with a time. */
function dateOf(value, tell) {
  const day = String(value ?? "").trim();
  if (day === "") return null;
  const [, year, month, date] = day.match(/^(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?$/) ?? [];
  const parsed = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
  const isDay = year && parsed.getUTCMonth() === Number(month) - 1 && parsed.getUTCDate() === Number(date);
  if (!isDay) tell("left out", "date of birth that is no date");
  return isDay ? `${year}-${month}-${date}` : null;
}

function passwordOf(converted, tell) {
  if (!converted) return null;
  if ("refused" in converted) {
    tell("left out", `password: ${converted.refused}`);
    return null;
  }
  return converted;
}

/** The source's where there is a live membership of it, else that of the oldest live one. */
function defaultTenant({ defaultTenantId }, memberships, tell) {
  if (memberships.length === 0) {
    tell("left out", "no membership: the person cannot sign in");
    return null;
  }
  if (memberships.some(({ tenantId }) => tenantId === defaultTenantId)) return defaultTenantId;
  const [oldest] = [...memberships].sort((one, other) => (one.createdOn ?? 0) - (other.createdOn ?? 0));
  return oldest.tenantId;
}

/** A moment as epoch milliseconds, of what databases write: a date with any zone (without one: UTC), .NET's ticks, a number. */
export function moment(value) {
  if (value === null || value === undefined || value === "") return null;
  const written = String(value).trim();
  const found = written.match(/^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?)?$/i);
  if (found) {
    const [, day, time = "00:00", zone = "Z"] = found;
    const [, sign, hours, minutes = "00"] = zone.match(/^([+-])(\d\d):?(\d\d)?/) ?? [null, "+", "00"];
    const millis = Date.parse(`${day}T${time.replace(/(\.\d{3})\d+/, "$1")}${sign}${hours}:${minutes}`);
    return Number.isNaN(millis) ? null : millis;
  }
  if (/^\d{17,19}$/.test(written)) return Number((BigInt(written) - 621_355_968_000_000_000n) / 10_000n);
  const json = written.match(/^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/);
  if (json) return Number(json[1]);
  if (/^\d{9,10}$/.test(written)) return Number(written) * 1000;
  return /^\d{12,14}$/.test(written) ? Number(written) : null;
}

/** Whether a database's spelling of a truth value is true. */
export function truth(value) {
  return value === true || /^(?:t|true|1|yes|y)$/i.test(String(value ?? ""));
}
