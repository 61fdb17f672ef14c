// The judgement of a licence, in the order of SPEC.md, section 6.

import { readDocument, utf8 } from "./json.js";
import { hex, sha256, signerOf } from "./keys.js";
import { isString } from "./payload.js";
import { Refusal } from "./refusal.js";
import { checkRevoked } from "./revocations.js";
import { CLOCK_SKEW, days, format, max, parseDate, toDate } from "./time.js";

const MAX_BYTES = 64 * 1024;

export const ROLES = { id: "/license_key", notBefore: "/license_creation_date", notAfter: "/license_expiration_date", grace: "" };

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

// judge verifies a licence, in bytes. list is an open revocation list or null, isClock says
// that now is what the clock shows, and floor is the latest instant remembered, or null.
export async function judge(bytes, keys, { now, isClock, grace, roles, list, floor = null }) {
  const document = readDocument(bytes, { member: "license", maxBytes: MAX_BYTES, integerVersion: true });
  const payload = JSON.parse(document.payload), message = utf8(document.payload);
  let period = null, dateFault = "";
  try {
    period = dates(payload, roles, grace);
  } catch (error) {
    dateFault = error.message;
  }
  const created = period?.notBefore ?? null;
  const key = await signerOf(keys, message, document.signature, created);
  if (!key) throw new Refusal("signature", "signature", "no key that is trusted for its date made this signature");
  if (period && period.graceEnd === null) dateFault = `${roles.grace}: the days of grace must be from 0 to 36500`;

  const license = {
    payload, digest: hex(await sha256(message)), time: toDate(now),
    key: { id: key.id, name: key.name, principals: key.principals },
    state: dateFault ? "" : stateOf(period, now),
  };
  if (!dateFault) for (const name of ["notBefore", "notAfter", "graceEnd"]) license[name] = toDate(period[name]);
  const checkClock = (kept, seen = null) => {
    const issued = list && (isClock || floor !== null) ? list.issued : null, known = max(max(floor, issued), seen);
    if (known !== null && now < known - CLOCK_SKEW) throw new Refusal("clock", "clock", `the clock is wrong, or was set back: ${format(known)} has passed`, kept);
  };
  if (list) {
    await checkRevoked(list, { keyID: key.id, created: dateFault ? null : created, id: idOf(payload, roles.id), latest: max(floor, now), license, checkClock });
  }
  if (dateFault) throw new Refusal("schema", "date", dateFault, license);
  checkClock(license, floor === null ? null : created);
  if (license.state === "not yet valid") throw new Refusal("not-yet-valid", "not-yet-valid", `not yet valid: valid from ${format(period.notBefore)}`, license);
  if (license.state === "expired") throw new Refusal("expired", "expired", `expired at ${format(period.graceEnd)}`, license);
  return license;
}
