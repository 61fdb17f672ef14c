// Revocation lists (SPEC.md, section 10).

import { isKeyID, readDocument, toBytes, utf8 } from "./json.js";
import { hex, sha256, signerOf } from "./keys.js";
import { checker, isDigest, isObject, isString } from "./payload.js";
import { Refusal } from "./refusal.js";
import { format, parseWholeTime } from "./time.js";

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_KEYS = 10000;
const REASON = "revocation-list";
const { need, members } = checker(REASON, "revocations");

const isReason = (value) => isString(value) && utf8(value).length <= 200 && !/[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u.test(value);

function time(value, name) {
  const instant = isString(value) ? parseWholeTime(value) : null;
  need(instant !== null, `${name} must be a time such as 2027-12-31T12:00:00Z`);
  return instant;
}

// readList checks the payload of a list.
export function readList(payload) {
  members(payload, ["generation", "issued", "keys", "licenses", "next_update", "salt"]);
  const { generation, issued, keys, licenses, next_update: next, salt } = payload;
  need(Number.isInteger(generation) && generation >= 1, "generation must be an integer, 1 or greater");
  need(isString(salt) && /^[0-9a-f]{32}$/.test(salt), "salt must be 32 hex digits");
  need(isObject(licenses), "licenses must be an object");
  for (const [hash, reason] of Object.entries(licenses)) need(isDigest(hash) && isReason(reason), "a hash or a reason is malformed");
  need(isObject(keys) && Object.keys(keys).length <= MAX_KEYS, `keys must be an object of at most ${MAX_KEYS}`);
  for (const [id, key] of Object.entries(keys)) {
    members(key, ["reason"], ["from"]);
    need(isKeyID(id) && isReason(key.reason), "a fingerprint or a reason is malformed");
    if (Object.hasOwn(key, "from")) time(key.from, "from");
  }
  const list = { payload, keys, licenses, salt, issued: time(issued, "issued"), next: time(next, "next_update") };
  need(list.issued < list.next, "next_update must be later than issued");
  return list;
}

// refuses reports whether a list revokes a key for what was signed at an instant; null
// is an instant that cannot be read.
export const refuses = (list, id, instant) =>
  Object.hasOwn(list.keys, id) && (list.keys[id].from === undefined || instant === null || instant >= parseWholeTime(list.keys[id].from));

// openList reads a list and verifies its signature.
export async function openList(text, keys) {
  const document = readText(toBytes(text, "the revocation list"));
  const list = readList(JSON.parse(document.payload)), message = utf8(`licseal-revocations-v1\n${document.payload}`);
  const signer = await signerOf(keys, message, document.signature, list.issued);
  if (!signer) throw new Refusal(REASON, "forged", "no key that is trusted for its date signed the revocation list");
  if (refuses(list, signer.id, list.issued)) throw new Refusal(REASON, "signer-revoked", "the list revokes its own signer");
  return { ...list, signer: signer.id, digest: hex(await sha256(message)) };
}

function readText(bytes) {
  try {
    return readDocument(bytes, { member: "revocations", maxBytes: MAX_BYTES });
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(REASON, error.code, `the revocation list: ${error.message}`) : error;
  }
}

// checkRevoked refuses a licence by a list. created is null if its dates cannot be read,
// and latest is the latest instant that has passed. checkClock refuses a wrong clock.
export async function checkRevoked(list, { keyID, created, id, latest, license, checkClock }) {
  const isKeyRevoked = refuses(list, keyID, created);
  if (latest >= list.next) {
    const kept = isKeyRevoked ? null : license;
    checkClock(kept);
    throw new Refusal(REASON, "stale", `the revocation list ended at ${format(list.next)}`, kept);
  }
  if (isKeyRevoked) throw new Refusal("revoked", "key-revoked", `its signing key is revoked: ${list.keys[keyID].reason}`);
  if (id === null) throw new Refusal("schema", "no-id", "no id to look up in the revocation list", license);
  const hash = hex(await sha256(utf8(`licseal-revoked-license-v1\n${list.salt}\n${id}`)));
  if (Object.hasOwn(list.licenses, hash)) throw new Refusal("revoked", "revoked", `the licence is revoked: ${list.licenses[hash]}`, license);
}
