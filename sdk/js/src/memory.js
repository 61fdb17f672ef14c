// What a reader remembers (SPEC.md, sections 10.3, 11.3 and 11.4): the latest time that it
// has seen, the newest revocation list without its licences, and the chain of trust. A
// memory is a JSON text, which the caller keeps.

import { isKeyID } from "./json.js";
import { checker, isDigest, isObject, isString } from "./payload.js";
import { Refusal } from "./refusal.js";
import { openList, readList, refuses } from "./revocations.js";
import { CLOCK_SKEW, formatExact, max, parseTime } from "./time.js";
import { describe, extend, open } from "./trust.js";

const { need, members } = checker("memory", "memory");

function time(value) {
  const instant = value === undefined ? null : isString(value) ? parseTime(value) : null;
  need(value === undefined || instant !== null, "a time such as 2027-12-31T12:00:00Z is expected");
  return instant;
}

// read reads a memory. Of the chain it reads nothing: that is verified again.
function read(text) {
  const memory = { latest: null, list: null, notBefore: null, trust: null };
  if (text === null) return memory;
  try {
    const value = JSON.parse(text);
    members(value, ["version"], ["latest", "list", "not_before", "trust"]);
    const { version, list, trust = null } = value;
    need(version === "1" && (trust === null || isString(trust)), "it is of another version");
    if (list !== undefined) {
      members(list, ["digest", "payload", "signer"]);
      need(isDigest(list.digest) && isString(list.signer) && isKeyID(list.signer), "a digest or a fingerprint is malformed");
      memory.list = { ...readList(list.payload), ...list };
    }
    return Object.assign(memory, { latest: time(value.latest), notBefore: time(value.not_before), trust });
  } catch (error) {
    throw new TypeError(`the memory is damaged: ${error.message}`);
  }
}

function write({ latest, list, notBefore, trust }) {
  const value = { version: "1" };
  if (latest !== null) value.latest = formatExact(latest);
  if (list) value.list = { digest: list.digest, payload: { ...list.payload, licenses: {} }, signer: list.signer };
  if (notBefore !== null) value.not_before = formatExact(notBefore);
  if (trust !== null) value.trust = trust;
  return JSON.stringify(value);
}

// Basis is what licences are judged by: the trusted keys, the revocation list, and what is
// remembered. refusal is why none is accepted, and warnings are of what stops nothing.
export class Basis {
  keys = [];
  list = null;
  floor = null;
  generation = 0;
  listGeneration = 0;
  warnings = [];
  refusal = null;
  memory = "";
}

// advance reads what a reader is given, in the order of SPEC.md, section 11.4: the chain,
// and then the list. keys are trusted keys, in place of a chain.
export async function advance(text, { keys, trust, revocations, now }) {
  const memory = read(text), basis = new Basis();
  try {
    if (trust) await follow(memory, basis, trust);
    else if (memory.trust !== null) throw new Refusal("trust", "anchor", "a chain of trust was followed before, and keys from elsewhere do not take its place");
    else basis.keys = keys;
    if (basis.keys.length === 0) throw new Refusal("trust", "no-keys", `generation ${basis.generation} of the chain of trust trusts no key`);
    await observe(memory, basis, revocations, now);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    basis.refusal = error;
  }
  basis.listGeneration = memory.list?.payload.generation ?? 0;
  basis.floor = memory.latest;
  basis.memory = write(memory);
  return basis;
}

// follow follows a chain from what is remembered, which stays in force if it is refused.
async function follow(memory, basis, { anchor, chain = null }) {
  let known = memory.trust === null ? null : await open(memory.trust, anchor, Infinity);
  try {
    if (chain !== null) known = known ? await extend(known, chain) : await open(chain, anchor);
    else if (!known) throw new Refusal("trust", "gap", "there is no chain of trust, and none is remembered");
  } catch (error) {
    if (!known || !(error instanceof Refusal)) throw error;
    basis.warnings.push(error);
  }
  const { list } = memory, { seen, ...found } = describe(known);
  memory.trust = seen;
  Object.assign(basis, found);
  if (list && !basis.keys.some((key) => key.id === list.signer && key.trusts(list.issued))) {
    Object.assign(memory, { list: null, notBefore: known.newest.issued });
  }
}

// observe remembers the time, and a list unless that is null.
async function observe(memory, basis, revocations, now) {
  if (revocations !== null) {
    const list = await openList(revocations, basis.keys);
    mayReplace(memory, list);
    basis.list = list;
    if (now < list.issued - CLOCK_SKEW) {
      basis.warnings.push(new Refusal("clock", "clock", "the clock is behind the revocation list, which is not remembered"));
      return;
    }
    Object.assign(memory, { list, notBefore: null });
  } else if (memory.list) {
    basis.warnings.push(new Refusal("revocation-list", "missing", "a revocation list was seen before, and none is given: revocation is not checked"));
  }
  memory.latest = max(max(memory.latest, now), memory.list?.issued ?? null);
}

// mayReplace refuses a list that must not replace the newest one seen (section 10.3).
function mayReplace({ list: seen, notBefore }, list) {
  const refuse = (code, detail) => { throw new Refusal("revocation-list", code, detail); };
  if (!seen) {
    if (notBefore !== null && list.issued < notBefore) refuse("replayed", "the list was issued before the signer of an earlier one lost its trust");
    return;
  }
  const { generation } = list.payload, known = seen.payload.generation;
  if (generation === known && list.digest === seen.digest) return;
  if (refuses(seen, list.signer, list.issued)) refuse("signer-revoked", "the key that signed the list is revoked by the newest list seen");
  if (refuses(list, seen.signer, seen.issued) && list.issued >= seen.issued) return;
  if (generation < known) refuse("replayed", `the list has generation ${generation}, and ${known} was seen already`);
  if (generation === known) refuse("forked", `another list of generation ${known} was seen already`);
  if (list.issued < seen.issued) refuse("replayed", `the list was issued before that of generation ${known}`);
}
