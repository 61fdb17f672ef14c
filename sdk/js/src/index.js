// Verifies licences of the licseal format. SPEC.md defines every rule.

import { toBytes } from "./json.js";
import { parseTrustedKeys } from "./keys.js";
import { advance as advanceMemory, Basis } from "./memory.js";
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

// instant returns the instant of a Date or of an RFC 3339 string; by default, of the clock.
function instant(at = new Date(Date.now())) {
  const text = at instanceof Date && !Number.isNaN(at.getTime()) ? at.toISOString() : at, now = isString(text) ? parseTime(text) : null;
  if (now === null) throw new TypeError("a time such as 2026-07-01T12:00:00Z is expected");
  return now;
}

function readOptions(options) {
  const { at, grace = 0, roles = {}, revocations = null, trust = null } = known(options, ["at", "grace", "roles", "revocations", "trust"], "the options");
  if (!Number.isFinite(grace) || grace < 0) throw new TypeError("grace must be 0 seconds or more");
  const now = instant(at);
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
    const { generation, keys } = await followChain(trust.chain, trust.anchor, trust.seen);
    if (keys.length === 0) throw new Refusal("trust", "no-keys", `generation ${generation} of the chain of trust trusts no key`);
    return keys;
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
  if (trustedKeys instanceof Basis) {
    if (revocations !== null || trust) throw new TypeError("revocations and trust are given to advance");
    if (trustedKeys.refusal) throw trustedKeys.refusal;
    const { keys, list, floor } = trustedKeys;
    return judge(toBytes(text, "the licence"), keys, { ...rest, list, floor });
  }
  const keys = await keysOf(trustedKeys, trust);
  const list = revocations === null ? null : await openList(revocations, keys);
  return judge(toBytes(text, "the licence"), keys, { ...rest, list });
}

// advance reads what a program is given to judge licences by: trusted keys or a chain of
// trust, and a revocation list. memory is what the program remembers, null the first time.
// It resolves to what verifyLicense takes in place of keys, and the memory to keep.
export async function advance(memory, given = {}) {
  const { keys = null, trust = null, revocations = null, now } = known(given, ["keys", "trust", "revocations", "now"], "what is given");
  if (memory !== null && !isString(memory)) throw new TypeError("a memory is a string; the first one is null");
  if (trust) known(trust, ["anchor", "chain"], "trust");
  if (trust && keys) throw new TypeError("keys and a chain of trust are mutually exclusive");
  return advanceMemory(memory, { keys: trust ? [] : await keysOf(keys, null), trust, revocations, now: instant(now) });
}
