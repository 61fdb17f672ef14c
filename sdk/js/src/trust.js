// Chains of trust (SPEC.md, section 11). What a reader remembers is the chain that it
// has accepted, as text; it is verified again each time.

import { isKeyID, readDocument, toBytes, utf8 } from "./json.js";
import { hex, parseWire, sha256 } from "./keys.js";
import { checker, isDigest, isString } from "./payload.js";
import { Refusal } from "./refusal.js";
import { parseWholeTime } from "./time.js";

const MAX_BYTES = 64 * 1024;
const MAX_CHAIN_BYTES = 8 * 1024 * 1024;
const MAX_CHAIN_KEYS = 4096;
const MAX_SIGNATURES = 32;
const { need, members } = checker("trust", "trust");

const refuse = (code, generation, detail) => { throw new Refusal("trust", code, `generation ${generation}: ${detail}`); };
const isCount = (value, most) => Number.isInteger(value) && value >= 1 && value <= most;
const isName = (value) => isString(value) && value !== "" && utf8(value).length <= 200 && !/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(value);
const isIssuer = (value) => isString(value) && /^[\x21-\x7e]{1,200}$/.test(value) && !/["',*?!#\\]/.test(value);

function time(value) {
  const instant = isString(value) ? parseWholeTime(value) : null;
  need(instant !== null, "a time such as 2027-12-31T12:00:00Z is expected");
  return instant;
}

// readKeys reads an array of keys, none of them twice.
async function readKeys(values, most, required, optional, cache) {
  need(Array.isArray(values) && values.length <= most, `an array of at most ${most} keys is expected`);
  const keys = [];
  for (const value of values) {
    members(value, required, optional);
    const key = await readKey(String(value.key), cache).catch((error) => need(false, error.message));
    need(isString(value.key) && !keys.some((other) => other.id === key.id), `the key ${key.id} is there twice`);
    need(value.name === undefined || isName(value.name), "a name is one line of 1 to 200 bytes that print");
    keys.push(Object.assign(key, { name: value.name ?? "" }));
  }
  return keys;
}

// readKey reads a key once: the documents of a chain repeat them.
async function readKey(text, cache) {
  if (!cache.has(text)) cache.set(text, await parseWire(text));
  return cache.get(text).copy();
}

// readContents reads the payload of a trust document.
async function readContents(payload, cache) {
  members(payload, ["generation", "issued", "roots", "keys"], ["previous"]);
  const { generation, previous } = payload;
  need(isCount(generation, 1000), "generation must be an integer from 1 to 1000");
  const issued = time(payload.issued);
  need(generation === 1 ? !Object.hasOwn(payload, "previous") : isDigest(previous), "previous must be a digest, and absent in generation 1");
  members(payload.roots, ["keys", "threshold"]);
  const roots = await readKeys(payload.roots.keys, 16, ["key"], ["name"], cache);
  const { threshold } = payload.roots;
  need(isCount(threshold, roots.length), "threshold must be an integer from 1 to the number of roots");
  const keys = await readKeys(payload.keys, 100, ["key", "issuers"], ["from", "before", "name"], cache);
  for (const [i, key] of keys.entries()) {
    const { from, before, issuers } = payload.keys[i];
    key.after = from === undefined ? null : time(from);
    key.before = before === undefined ? null : time(before);
    need(key.after === null || key.before === null || key.after < key.before, "before must be later than from");
    need(Array.isArray(issuers) && issuers.length <= 16 && issuers.every(isIssuer), "issuers must be an array of at most 16 names");
    key.principals = issuers;
  }
  return { generation, previous, issued, roots, threshold, keys };
}

// readSignatures reads an array of signatures, and the keys that are said to have made them.
function readSignatures(reader) {
  const peek = () => String.fromCharCode(reader.peek());
  const first = peek(), start = reader.at;
  if (first !== "[") {
    reader.value(false);
    reader.fault("wrong-type", "an array is expected", start);
  }
  reader.at++;
  const signatures = [];
  while (peek() !== "]") {
    if (signatures.length === MAX_SIGNATURES) reader.fault("too-large", `more than ${MAX_SIGNATURES} signatures`);
    signatures.push(reader.object({ key: () => readKeyID(reader), signature: () => reader.signature() }));
    const next = peek();
    if (next === "]") break;
    if (next !== ",") reader.unexpected();
    reader.at++;
    if (peek() === "]") reader.unexpected();
  }
  reader.at++;
  return signatures;
}

function readKeyID(reader) {
  const start = (reader.peek(), reader.at), id = reader.text();
  if (!isKeyID(id)) reader.fault("signature-format", "the fingerprint of a key is expected", start);
  return id;
}

async function readOne(bytes, cache) {
  let document;
  try {
    document = readDocument(bytes, { member: "trust", maxBytes: MAX_BYTES, signed: "signatures", read: readSignatures });
  } catch (error) {
    throw error instanceof Refusal ? new Refusal("trust", error.code, `a document of the chain: ${error.message}`) : error;
  }
  const message = utf8(`licseal-trust-v1\n${document.payload}`);
  const contents = await readContents(JSON.parse(document.payload), cache);
  const signatures = document.signatures.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { ...contents, message, digest: hex(await sha256(message)), signatures, bytes };
}

// Chain is what is known: the documents, and the role that each key has had.
class Chain {
  documents = [];
  roles = new Map();

  get newest() {
    return this.documents.at(-1);
  }

  copy() {
    return Object.assign(new Chain(), { documents: [...this.documents], roles: new Map(this.roles) });
  }

  // step appends a document that follows the newest one.
  async step(next) {
    const known = this.newest, { generation } = next;
    if (!known) {
      if (generation !== 1) refuse("gap", generation, "a chain begins with generation 1");
    } else if (generation === known.generation && next.digest !== known.digest) refuse("fork", generation, "another document of this generation is known");
    else if (generation <= known.generation) refuse("rollback", generation, "an older document after a newer one");
    else if (generation > known.generation + 1) refuse("gap", generation, "a generation is missing before it");
    else if (next.previous !== known.digest) refuse("previous", generation, "it follows another document than the one known");
    else if (next.issued <= known.issued) refuse("issued", generation, "it was not issued after the one before");
    this.checkRoles(next);
    await checkSignatures(known, next);
    this.documents.push(next);
    for (const key of next.roots) this.roles.set(key.id, "root");
    for (const key of next.keys) this.roles.set(key.id, "key");
    if (this.roles.size > MAX_CHAIN_KEYS) refuse("too-long", generation, `more than ${MAX_CHAIN_KEYS} different keys`);
  }

  checkRoles(next) {
    const clash = next.roots.some(({ id }) => this.roles.get(id) === "key" || next.keys.some((key) => key.id === id));
    if (clash || next.keys.some(({ id }) => this.roles.get(id) === "root")) refuse("role", next.generation, "a key is, or was, both a root and a key for licences");
  }
}

async function checkSignatures(known, next) {
  const documents = known ? [known, next] : [next];
  const roots = new Map(documents.toReversed().flatMap((document) => document.roots.map((key) => [key.id, key])));
  for (const [i, { key, signature }] of next.signatures.entries()) {
    if (i > 0 && next.signatures[i - 1].key === key) refuse("duplicate", next.generation, `${key} has signed twice`);
    if (!roots.has(key)) refuse("foreign", next.generation, `${key} has signed and is no root`);
    if (!(await roots.get(key).made(next.message, signature))) refuse("wrong", next.generation, `the signature of ${key} is not good`);
  }
  for (const document of documents) {
    const signed = document.roots.filter((root) => next.signatures.some(({ key }) => key === root.id)).length;
    if (signed < document.threshold) refuse("threshold", next.generation, `${signed} of ${document.threshold} roots have signed`);
  }
}

// lines splits a chain into its documents.
function lines(text, maxBytes = MAX_CHAIN_BYTES) {
  const bytes = toBytes(text, "the chain of trust");
  if (bytes.length > maxBytes) throw new Refusal("trust", "too-long", `a chain has at most ${maxBytes} bytes`);
  const all = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    all.push(bytes.subarray(start, end));
    start = end + 1;
  }
  if (start < bytes.length || all.length === 0) all.push(bytes.subarray(start));
  return all;
}

// open follows a chain from its anchor.
export async function open(text, anchor, maxBytes) {
  if (!isDigest(anchor)) throw new TypeError("the digest of the first document of a chain is 64 lower-case hex digits, without SHA256:");
  const chain = new Chain(), cache = new Map();
  for (const line of lines(text, maxBytes)) {
    const document = await readOne(line, cache);
    if (!chain.newest && document.generation === 1 && document.digest !== anchor) refuse("anchor", 1, "the chain begins with another document than the anchor");
    await chain.step(document);
  }
  return chain;
}

// extend follows a chain from what is known. It reads from the end, to the last document
// that is known. It returns the longer chain.
export async function extend(chain, text) {
  const known = chain.newest.generation, fresh = [], all = lines(text), cache = new Map();
  for (let i = all.length - 1; i >= 0; i--) {
    const document = await readOne(all[i], cache), { generation } = document;
    if (fresh.length > 0 && generation >= fresh[0].generation) refuse("rollback", fresh[0].generation, "it comes after a newer one");
    if (generation > known) {
      fresh.unshift(document);
      continue;
    }
    if (chain.documents[generation - 1].digest !== document.digest) refuse("fork", generation, "another document of this generation is known");
    if (fresh.length > 0 && generation < known) refuse("gap", fresh[0].generation, "a generation is missing before it");
    if (i >= generation) refuse("rollback", generation, "too many documents come before it");
    break;
  }
  const next = chain.copy();
  for (const document of fresh) await next.step(document);
  return next;
}

// describe returns the newest generation of a chain, its keys, and what to remember.
export function describe(chain) {
  const decoder = new TextDecoder();
  return {
    generation: chain.newest.generation,
    keys: chain.newest.keys,
    seen: chain.documents.map(({ bytes }) => `${decoder.decode(bytes)}\n`).join(""),
  };
}

// followChain follows a chain of trust from its anchor, a digest that comes with the
// program, and returns the newest generation, its keys, and what to remember: the text
// to give as seen the next time.
export async function followChain(text, anchor, seen = null) {
  return describe(seen === null ? await open(text, anchor) : await extend(await open(seen, anchor, Infinity), text));
}
