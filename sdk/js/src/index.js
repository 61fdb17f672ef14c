// Verifies licences of the licseal format. SPEC.md defines every rule.

import { toBytes } from "./json.js";
import { parseTrustedKeys } from "./keys.js";
import { isObject, isString } from "./payload.js";
import { Refusal } from "./refusal.js";
import { openList } from "./revocations.js";
import { parseTime, seconds } from "./time.js";
import { followChain } from "./trust.js";
import { judge, ROLES } from "./verify.js";

export { followChain, parseTrustedKeys, Refusal };

// known refuses options that are misspelt, because they would be ignored.
function known(object, names, what) {
  if (!isObject(object)) throw new TypeError(`${what} must be an object`);
  for (const name of Object.keys(object)) if (!names.includes(name)) throw new TypeError(`unknown member ${name} of ${what}: expected ${names.join(", ")}`);
  return object;
}

function readOptions(options) {
  const { at, grace = 0, roles = {}, revocations = null, trust = null } = known(options, ["at", "grace", "roles", "revocations", "trust"], "the options");
  if (!Number.isFinite(grace) || grace < 0) throw new TypeError("grace must be 0 seconds or more");
  let now = seconds(Date.now() / 1000);
  if (at instanceof Date) now = Number.isNaN(at.getTime()) ? null : BigInt(at.getTime()) * 1_000_000n;
  else if (at !== undefined) now = isString(at) ? parseTime(at) : null;
  if (now === null) throw new TypeError("at must be a time such as 2026-07-01T12:00:00Z");
  if (trust) known(trust, ["anchor", "chain", "seen"], "trust");
  const pointers = { ...ROLES, ...known(roles, Object.keys(ROLES), "roles") };
  for (const [name, pointer] of Object.entries(pointers)) {
    if (!isString(pointer) || !/^(\/([^~/]|~[01])*)*$/u.test(pointer) || (pointer === "" && name !== "grace")) throw new TypeError(`roles.${name} must be a JSON Pointer`);
  }
  return { now, isClock: at === undefined, grace: seconds(grace), roles: pointers, revocations, trust };
}

async function keysOf(trustedKeys, trust) {
  if (trust) {
    if (trustedKeys) throw new TypeError("keys and a chain of trust are mutually exclusive");
    return (await followChain(trust.chain, trust.anchor, trust.seen)).keys;
  }
  const keys = Array.isArray(trustedKeys) ? trustedKeys : await parseTrustedKeys(trustedKeys);
  if (keys.length === 0) throw new TypeError("no trusted keys were given");
  return keys;
}

// verifyLicense verifies a licence. It resolves to what the licence says if it is valid
// or in grace, and rejects with a Refusal if it is not. Every other rejection is a
// mistake of the caller, such as keys that cannot be read.
export async function verifyLicense(text, trustedKeys, options = {}) {
  const { revocations, trust, ...rest } = readOptions(options);
  const keys = await keysOf(trustedKeys, trust);
  const list = revocations === null ? null : await openList(revocations, keys);
  return judge(toBytes(text, "the licence"), keys, { ...rest, list });
}
