// Verifies licences of the licseal format. SPEC.md defines every rule.

import { readDocument, toBytes, utf8 } from "./json.js";
import { hex, parseTrustedKeys, sha256, signerOf } from "./keys.js";
import { isObject, isString } from "./payload.js";
import { Refusal } from "./refusal.js";
import { checkRevoked, openList } from "./revocations.js";
import { days, format, max, parseDate, parseTime, seconds, toDate } from "./time.js";
import { followChain } from "./trust.js";

export { followChain, parseTrustedKeys, Refusal };

const MAX_BYTES = 64 * 1024;
const ROLES = { id: "/license_key", notBefore: "/license_creation_date", notAfter: "/license_expiration_date", grace: "" };
const CLOCK_SKEW = seconds(24 * 3600);

// known refuses options that are misspelt, because they would be ignored.
function known(object, names, what) {
  if (!isObject(object)) throw new TypeError(`${what} must be an object`);
  for (const name of Object.keys(object)) if (!names.includes(name)) throw new TypeError(`unknown member ${name} of ${what}: expected ${names.join(", ")}`);
  return object;
}

// field returns the value at a JSON Pointer, and undefined if there is none.
function field(payload, pointer) {
  let value = payload;
  for (const token of pointer.split("/").slice(1)) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name) || (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(name))) return undefined;
    value = value[name];
  }
  return value;
}

function dates(payload, roles, grace) {
  const instants = [roles.notBefore, roles.notAfter].map((pointer) => {
    const value = field(payload, pointer), instant = isString(value) ? parseDate(value) : null;
    if (instant === null) throw new Error(`${pointer}: a date is missing, or is not a date`);
    return instant;
  });
  const [notBefore, notAfter] = instants;
  if (notAfter < notBefore) throw new Error("the licence expires before it was created");
  return { notBefore, notAfter, graceEnd: graceEnd(payload, roles, notBefore, notAfter, grace) };
}

// graceEnd returns the instant from which a licence is refused, and null if the grace
// that it grants cannot be read.
function graceEnd(payload, roles, notBefore, notAfter, grace) {
  const granted = roles.grace === "" ? 0 : field(payload, roles.grace);
  if (!Number.isInteger(granted) || granted < 0 || granted > 36500) return null;
  return notAfter > notBefore ? notAfter + max(grace, days(granted)) : notAfter;
}

function stateOf({ notBefore, notAfter, graceEnd }, at) {
  if (at < notBefore) return "not yet valid";
  if (at < notAfter) return "valid";
  return at < graceEnd ? "in grace" : "expired";
}

function idOf(payload, pointer) {
  const id = field(payload, pointer);
  return (isString(id) && id !== "") || typeof id === "number" ? String(id) : null;
}

function readOptions(options) {
  const { at, grace = 0, roles = {}, revocations = null, trust = null } = known(options, ["at", "grace", "roles", "revocations", "trust"], "the options");
  if (!Number.isFinite(grace) || grace < 0) throw new TypeError("grace must be a number of seconds, 0 or more");
  let now = seconds(Date.now() / 1000);
  if (at instanceof Date) now = Number.isNaN(at.getTime()) ? null : BigInt(at.getTime()) * 1_000_000n;
  else if (at !== undefined) now = isString(at) ? parseTime(at) : null;
  if (now === null) throw new TypeError("at must be a Date, or an RFC 3339 time such as 2026-07-01T12:00:00Z");
  if (trust) known(trust, ["anchor", "chain", "seen"], "trust");
  const pointers = { ...ROLES, ...known(roles, Object.keys(ROLES), "roles") };
  for (const [name, pointer] of Object.entries(pointers)) {
    if (!isString(pointer) || !/^(\/([^~/]|~[01])*)*$/u.test(pointer) || (pointer === "" && name !== "grace")) throw new TypeError(`roles.${name} must be a JSON Pointer`);
  }
  return { now, clock: at === undefined, grace: seconds(grace), roles: pointers, revocations, trust };
}

async function keysOf(trustedKeys, trust) {
  if (trust) {
    if (trustedKeys) throw new TypeError("trusted keys and a chain of trust are mutually exclusive");
    return (await followChain(trust.chain, trust.anchor, trust.seen)).keys;
  }
  const keys = Array.isArray(trustedKeys) ? trustedKeys : await parseTrustedKeys(trustedKeys);
  if (keys.length === 0) throw new TypeError("no trusted keys were given, so no signature can be verified");
  return keys;
}

// verifyLicense verifies a licence. It resolves to what the licence says if it is valid
// or in grace, and rejects with a Refusal if it is not. Every other rejection is a
// mistake of the caller, such as keys that cannot be read.
export async function verifyLicense(text, trustedKeys, options = {}) {
  const { now, clock, grace, roles, revocations, trust } = readOptions(options);
  const keys = await keysOf(trustedKeys, trust);
  const list = revocations === null ? null : await openList(revocations, keys);

  const document = readDocument(toBytes(text, "the licence"), { member: "license", maxBytes: MAX_BYTES, integerVersion: true });
  const payload = JSON.parse(document.payload), message = utf8(document.payload);
  let period = null, dateFault = "";
  try {
    period = dates(payload, roles, grace);
  } catch (error) {
    dateFault = error.message;
  }
  const created = period?.notBefore ?? null;
  const key = await signerOf(keys, message, document.signature, created);
  if (!key) throw new Refusal("signature", "signature", "no trusted key made this signature, or none that is trusted for licences of that date");
  if (period && period.graceEnd === null) dateFault = `${roles.grace}: the days of grace must be a whole number from 0 to 36500`;

  const license = {
    payload, digest: hex(await sha256(message)), time: toDate(now),
    key: { id: key.id, name: key.name, principals: key.principals },
    state: dateFault ? "" : stateOf(period, now),
  };
  if (!dateFault) for (const name of ["notBefore", "notAfter", "graceEnd"]) license[name] = toDate(period[name]);
  if (list) {
    await checkRevoked(list, { keyID: key.id, created: dateFault ? null : created, id: idOf(payload, roles.id), at: now, license });
  }
  if (dateFault) throw new Refusal("schema", "date", dateFault, license);
  if (list && clock && now < list.issued - CLOCK_SKEW) throw new Refusal("clock", "clock", "the clock is earlier than the issue of the revocation list", license);
  if (license.state === "not yet valid") throw new Refusal("not-yet-valid", "not-yet-valid", `not yet valid: valid from ${format(period.notBefore)}`, license);
  if (license.state === "expired") throw new Refusal("expired", "expired", `expired at ${format(period.graceEnd)}`, license);
  return license;
}
