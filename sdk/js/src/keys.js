// Trusted keys: files of OpenSSH public keys, allowed_signers lines and PEM blocks
// (SPEC.md, section 4.1), and the signatures that they verify (section 4).

import { char, toBytes, utf8 } from "./json.js";
import { instantAt } from "./time.js";

const NAMESPACE = "licseal";
const MAX_BYTES = 256 * 1024;
const ED25519 = "ssh-ed25519";
const P256 = "ecdsa-sha2-nistp256";
const SPKI = new Map([
  [ED25519, "302a300506032b6570032100"],
  [P256, "3059301306072a8648ce3d020106082a8648ce3d030107034200"],
]);
const OPTION = String.raw`[^=,"\s]+(?:="(?:\\"|[^"])*")?`;
const TYPE = "(?:ssh-|ecdsa-sha2-|sk-|rsa-sha2-|webauthn-)\\S+";
const KEY_LINE = new RegExp(String.raw`^(${TYPE})[ \t]+(AAAA\S*)(?:[ \t]+(.*))?$`, "u");
const SIGNER_LINE = new RegExp(String.raw`^("[^"]*"|[^"\s]+)[ \t]+(?:(${OPTION}(?:,${OPTION})*)[ \t]+)?(${TYPE}[ \t]+AAAA.*)$`, "u");
const NO_PRINCIPAL = /^!?((no-)?(agent-forwarding|cert-authority|port-forwarding|pty|restrict|touch-required|user-rc|verify-required|x11-forwarding)|[ \t].*|.*[ \t]|)$/i;

const UNUSABLE = "the key is damaged, or is neither Ed25519 nor ECDSA on P-256";

const subtle = globalThis.crypto?.subtle;

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
export const sha256 = async (bytes) => new Uint8Array(await engine().digest("SHA-256", bytes));

function engine() {
  if (!subtle) throw new Error("this engine has no WebCrypto; Node.js has it from version 20");
  return subtle;
}

// unbase64 reads standard base64 with padding and nothing else, or returns null.
export function unbase64(text) {
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return base64(bytes) === text ? bytes : null;
}

const base64 = (bytes) => btoa(Array.from(bytes, (b) => char(b)).join(""));

// Key is a public key. Its id is the fingerprint that ssh-keygen -l prints.
class Key {
  constructor(type, point, id) {
    Object.assign(this, { type, point, id, name: "", principals: [], after: null, before: null });
  }

  copy() {
    return Object.assign(Object.create(Key.prototype), this);
  }

  // made reports whether the key made a signature, 128 hex digits.
  async made(message, signature) {
    const bytes = unhex(signature), s = signature.slice(64);
    if (this.type === P256) {
      if (s > HALF_P256_ORDER) return false;
    } else if (littleEndian(bytes.subarray(32)) >= ED25519_ORDER) {
      return false;
    }
    const [name, how] = this.type === P256
      ? [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }] : [{ name: "Ed25519" }, { name: "Ed25519" }];
    this.imported ??= engine().importKey("raw", this.point, name, false, ["verify"]);
    return engine().verify(how, await this.imported, bytes, message);
  }

  // trusts reports whether an instant is in the window of the key. null is an instant
  // that cannot be read.
  trusts(instant) {
    if (this.after === null && this.before === null) return true;
    return instant !== null && (this.after === null || instant >= this.after) && (this.before === null || instant < this.before);
  }
}

const HALF_P256_ORDER = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const FIELD = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

const littleEndian = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n, base = (base * base) % FIELD) if (exponent & 1n) result = (result * base) % FIELD;
  return result;
}

// isSound reports whether 32 bytes are the one encoding of an Ed25519 point that proves
// something: under a point of small order, one signature can fit every message.
function isSound(point) {
  const y = littleEndian(point) & (2n ** 255n - 1n), y2 = (y * y) % FIELD;
  if (y >= FIELD || (y * (y2 - 1n) * (D * y2 * y2 + 2n * y2 - 1n)) % FIELD === 0n) return false;
  const square = ((y2 - 1n) * (D * y2 + 1n)) % FIELD;
  return power(square, (FIELD - 1n) / 2n) <= 1n;
}

function cut(wire, at) {
  if (at + 4 > wire.length) return [null, at];
  const end = at + 4 + new DataView(wire.buffer, wire.byteOffset).getUint32(at);
  return end > wire.length ? [null, at] : [wire.subarray(at + 4, end), end];
}

const wireString = (bytes) => [0, 0, 0, bytes.length, ...bytes];

async function newKey(type, point) {
  if (type === ED25519 ? point.length !== 32 || !isSound(point) : point.length !== 65 || point[0] !== 4) throw new Error(UNUSABLE);
  const parts = type === P256 ? [utf8(type), utf8("nistp256"), point] : [utf8(type), point];
  const digest = await sha256(Uint8Array.from(parts.flatMap(wireString)));
  const key = new Key(type, point, `SHA256:${base64(digest).replace("=", "")}`);
  await key.made(new Uint8Array(), "0".repeat(128)).catch(() => { throw new Error(UNUSABLE); });
  return key;
}

// parseWire reads a key in SSH's wire format, in base64.
export async function parseWire(text, expected = "") {
  const wire = unbase64(text);
  if (!wire) throw new Error(UNUSABLE);
  let [field, at] = cut(wire, 0);
  const type = char(...(field ?? []));
  if (type !== ED25519 && type !== P256 || expected && type !== expected) throw new Error(UNUSABLE);
  if (type === P256) {
    [field, at] = cut(wire, at);
    if (char(...(field ?? [])) !== "nistp256") throw new Error(UNUSABLE);
  }
  [field, at] = cut(wire, at);
  if (!field || at !== wire.length) throw new Error(UNUSABLE);
  return newKey(type, field);
}

function parsePEM(label, body) {
  if (label !== "PUBLIC KEY") throw new Error(label.endsWith("PRIVATE KEY") ? "a private key: put its public key here" : "expected a PEM block of type PUBLIC KEY");
  const digits = hex(unbase64(body) ?? []);
  for (const [type, prefix] of SPKI) {
    if (digits.startsWith(prefix)) return newKey(type, unhex(digits.slice(prefix.length)));
  }
  throw new Error(UNUSABLE);
}

// matches reports whether a list of OpenSSH's patterns allows a name.
function matches(list, name) {
  let allowed = false;
  for (const pattern of list.split(",")) {
    const glob = pattern.replace(/^!/, "").replace(/[^*?]/gu, (c) => c.replace(/[\\^$.|()[\]{}+/-]/, "\\$&")).replace(/\*+/g, ".*").replace(/\?/g, ".");
    if (!new RegExp(`^${glob}$`, "su").test(name)) continue;
    if (pattern.startsWith("!")) return false;
    allowed = true;
  }
  return allowed;
}

function parseTimestamp(text) {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z$/i.exec(text);
  const instant = match && instantAt(...match.slice(1).map((part) => Number(part ?? 0)));
  if (!instant || instant < 0n) throw new Error("a time is written YYYYMMDDZ or YYYYMMDDHHMMSSZ");
  return instant;
}

const isPattern = (pattern) => utf8(pattern.replace(/^!/, "")).length <= 1022;

function parseOptions(text) {
  const options = new Map();
  for (const [option] of text.matchAll(new RegExp(OPTION, "gu"))) {
    const equals = option.indexOf("="), name = (equals < 0 ? option : option.slice(0, equals)).toLowerCase();
    const known = ["namespaces", "valid-after", "valid-before"].includes(name);
    if (equals < 0 || !known || options.has(name)) options.set("refused", name);
    else options.set(name, option.slice(equals + 2, -1).replaceAll('\\"', '"'));
  }
  return options;
}

// parseLine reads a line of a file. It returns null for a key of other namespaces.
async function parseLine(line) {
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\t]/u.test(line)) throw new Error("a character that does not print");
  const bare = KEY_LINE.exec(line);
  const signer = bare ? null : SIGNER_LINE.exec(line);
  if (!bare && !signer) throw new Error("expected [PRINCIPALS [OPTIONS]] TYPE KEY, such as ssh-ed25519 AAAA…");
  const options = parseOptions(signer?.[2] ?? "");
  const namespaces = options.get("namespaces");
  if (namespaces !== undefined && namespaces.split(",").every(isPattern) && !matches(namespaces, NAMESPACE)) return null;
  const principals = signer ? signer[1].replaceAll('"', "").split(",") : [];
  if (options.has("refused")) throw new Error("an option is unknown, incomplete or given twice");
  if (!principals.concat(namespaces?.split(",") ?? []).every(isPattern)) throw new Error("a pattern is too long");
  if (principals.some((principal) => NO_PRINCIPAL.test(principal))) throw new Error("not the name of an issuer");
  const [, type, text, comment = ""] = bare ?? KEY_LINE.exec(signer[3]);
  if (/(^|[ \t])(\S*\\n)?(ssh-|ecdsa-sha2-|sk-)\S*[ \t]+AAAA/.test(comment)) throw new Error("two keys on one line");
  const key = await parseWire(text, type);
  for (const [name, bound] of [["valid-after", "after"], ["valid-before", "before"]]) {
    if (options.has(name)) key[bound] = parseTimestamp(options.get(name));
  }
  if (key.before !== null && key.after !== null && key.after >= key.before) throw new Error("valid-before is not after valid-after");
  return Object.assign(key, { principals, name: comment.split(/[ \t]+/).join(" ") || principals.join(",") });
}

const overlap = (a, b) => a.id === b.id && (a.before === null || b.after === null || b.after < a.before) && (b.before === null || a.after === null || a.after < b.before);

// parseTrustedKeys reads a file of trusted keys. It refuses the whole file if it has
// anything that it cannot read, or no key for licences.
export async function parseTrustedKeys(file) {
  const bytes = toBytes(file, "the trusted keys");
  if (bytes.length > MAX_BYTES) throw new Error(`trusted keys: more than ${MAX_BYTES} bytes`);
  const lines = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).split("\n").map((line) => line.replace(/^[ \t\r]+|[ \t\r]+$/g, ""));
  const keys = [];
  for (let i = 0; i < lines.length; i++) {
    const start = i, begin = /^-----BEGIN (.*)-----$/.exec(lines[i]);
    if (lines[i] === "" || lines[i].startsWith("#")) continue;
    try {
      let key;
      if (begin) {
        const end = lines.indexOf(`-----END ${begin[1]}-----`, i);
        if (end < 0) throw new Error("the PEM block has no END line");
        key = await parsePEM(begin[1], lines.slice(i + 1, end).join(""));
        i = end;
      } else {
        key = await parseLine(lines[i]);
      }
      if (key && keys.some((other) => overlap(key, other))) throw new Error("the key is there twice for some dates");
      if (key) keys.push(key);
    } catch (error) {
      throw new Error(`trusted keys, line ${start + 1}: ${error.message}`);
    }
  }
  if (keys.length === 0) throw new Error("trusted keys: no key for licences");
  return keys;
}

// signerOf returns the first key that made a signature and is trusted at an instant,
// and null if there is none.
export async function signerOf(keys, message, signature, instant) {
  for (const key of keys) {
    if (key.trusts(instant) && (await key.made(message, signature))) return key;
  }
  return null;
}
