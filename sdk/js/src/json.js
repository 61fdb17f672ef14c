// The strict reader of JSON texts (SPEC.md, sections 1 and 2) and the canonical form
// (section 3). JSON.parse would accept what must be refused.

import { Refusal } from "./refusal.js";

// The most levels of objects and arrays: in a payload, and in a value that is read only
// to be refused.
const MAX_DEPTH = 32;
const MAX_OTHER_DEPTH = 10000;

export const char = String.fromCharCode;
const code = (character) => character.charCodeAt(0);
const [QUOTE, BACKSLASH, COLON, COMMA, MINUS] = ['"', "\\", ":", ",", "-"].map(code);
const [OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY] = ["{", "}", "[", "]"].map(code);
const ESCAPES = '"\\/bfnrt';
const LITERALS = { t: "true", f: "false", n: "null" };

const HEX = /[0-9a-fA-F]/;
const HEX_UNIT = [/\\/, /u/, HEX, HEX, HEX, HEX];
const LOW_UNIT = [/\\/, /u/, /[dD]/, /[c-fC-F]/, HEX, HEX];

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BAD_VERSION = 'the version must be "1"';

export const quote = (name) => JSON.stringify(name.slice(0, 60));
const isSpace = (c) => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
const isDigit = (c) => c >= 0x30 && c <= 0x39;

// sequence returns the length of the UTF-8 sequence at an offset: 0 if the text ends
// inside it, and -1 if it is not UTF-8.
function sequence(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0) return -1;
  let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let i = at + 1; i < at + length; i++) {
    if (i >= bytes.length) return 0;
    if (bytes[i] < low || bytes[i] > high) return -1;
    [low, high] = [0x80, 0xbf];
  }
  return length;
}

// decimal returns the sign, the digits without zeros at either end, and the exponent of
// a number as text: two numbers are equal exactly if their decimals are.
function decimal(text) {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text);
  const digits = (whole + fraction).replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "0" : `${sign}${kept}e${Number(exponent) + digits.length - fraction.length}`;
}

// numberFault returns the class of a number that the canonical form would change.
function numberFault(text) {
  const value = Number(text);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return "number-range";
  return decimal(text) === decimal(String(value)) ? "" : "number-precision";
}

// Reader reads a text once, from its start to its end, and throws the first fault.
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.depth = 0;
  }

  // fault throws a refusal with the line and the column, in characters, of an offset.
  fault(code, detail, at = this.at) {
    let line = 1, column = 1;
    for (let i = 0; i < at && i < this.bytes.length; i++) {
      if (this.bytes[i] === 0x0a) [line, column] = [line + 1, 1];
      else if ((this.bytes[i] & 0xc0) !== 0x80) column++;
    }
    throw new Refusal("parse", code, `${line}:${column}: ${detail}`);
  }

  truncated() {
    this.fault("truncated", "the text ends too early", this.bytes.length);
  }

  // unexpected refuses the byte at an offset, outside of strings.
  unexpected(at = this.at) {
    if (at >= this.bytes.length) this.truncated();
    if (sequence(this.bytes, at) <= 0) this.fault("invalid-utf8", "this is not UTF-8", at);
    this.fault("syntax", "this is not JSON", at);
  }

  byte() {
    return this.bytes[this.at];
  }

  space() {
    while (isSpace(this.byte())) this.at++;
  }

  // peek returns the next byte that is not white space.
  peek() {
    this.space();
    if (this.at >= this.bytes.length) this.truncated();
    return this.byte();
  }

  written(start) {
    return decoder.decode(this.bytes.subarray(start, this.at));
  }

  string() {
    let text = "", start = ++this.at;
    for (;;) {
      const c = this.byte();
      if (this.at >= this.bytes.length) this.truncated();
      if (c === QUOTE) {
        text += this.written(start);
        this.at++;
        return text;
      }
      if (c === BACKSLASH) {
        text += this.written(start) + this.escape();
        start = this.at;
        continue;
      }
      const length = sequence(this.bytes, this.at);
      if (length === 0) this.truncated();
      if (length < 0) this.fault("invalid-utf8", "this is not UTF-8");
      if (c < 0x20) this.fault("syntax", "a control character");
      this.at += length;
    }
  }

  escape() {
    const at = this.at;
    if (at + 1 >= this.bytes.length) this.truncated();
    const letter = char(this.bytes[at + 1]);
    if (letter !== "u") {
      if (!ESCAPES.includes(letter)) this.fault("syntax", "not an escape");
      this.at += 2;
      return JSON.parse(`"\\${letter}"`);
    }
    const unit = this.unit(at, HEX_UNIT);
    if (unit === null) this.fault("syntax", "not an escape");
    this.at += 6;
    if (unit < 0xd800 || unit > 0xdfff) return char(unit);
    const low = this.unit(this.at, LOW_UNIT);
    if (unit > 0xdbff || low === null) this.fault("lone-surrogate", "half of a surrogate pair", at);
    this.at += 6;
    return char(unit, low);
  }

  // unit reads the escape \uXXXX at an offset, and returns null if there is another text.
  // A text that ends inside the escape is refused.
  unit(at, pattern) {
    for (let i = 0; i < pattern.length; i++) {
      if (at + i >= this.bytes.length) this.truncated();
      if (!pattern[i].test(char(this.bytes[at + i]))) return null;
    }
    return parseInt(decoder.decode(this.bytes.subarray(at + 2, at + 6)), 16);
  }

  // scalar reads a string, a number, true, false or null.
  scalar(inPayload) {
    const start = this.at, c = this.bytes[start];
    if (c === QUOTE) return this.string();
    if (c === MINUS || isDigit(c)) return this.number(inPayload);
    const literal = LITERALS[char(c)] ?? this.unexpected();
    for (const letter of literal) {
      if (this.byte() !== code(letter)) this.unexpected();
      this.at++;
    }
    return JSON.parse(literal);
  }

  number(inPayload) {
    const start = this.at;
    const digits = () => {
      if (!isDigit(this.byte())) this.unexpected();
      while (isDigit(this.byte())) this.at++;
    };
    if (this.byte() === MINUS) this.at++;
    if (this.byte() === code("0")) this.at++;
    else digits();
    if (this.byte() === code(".")) {
      this.at++;
      digits();
    }
    if ((this.byte() | 0x20) === code("e")) {
      this.at++;
      if ([MINUS, code("+")].includes(this.byte())) this.at++;
      digits();
    }
    const text = this.written(start);
    const fault = inPayload ? numberFault(text) : "";
    if (fault) this.fault(fault, `${text.slice(0, 60)} is not kept exactly; write a string`, start);
    return Number(text);
  }

  // name returns the name of a member and the offset of its first byte.
  name(known, tokens) {
    const c = this.peek(), start = this.at;
    if (c !== QUOTE) {
      // A number or a literal is read first: the text may end inside it.
      if (tokens && (c === MINUS || isDigit(c) || LITERALS[char(c)])) this.scalar(false);
      this.unexpected(start);
    }
    const name = this.string();
    if (known.has(name)) this.fault("duplicate-name", `member ${quote(name)} is there twice`, start);
    return [name, start];
  }

  colon() {
    if (this.peek() !== COLON) this.unexpected();
    this.at++;
  }

  // value reads one value of any kind. Objects become Maps. It has no recursion, because
  // a text may be nested deeply.
  value(inPayload) {
    const stack = [];
    const limit = inPayload ? MAX_DEPTH : MAX_OTHER_DEPTH;
    for (;;) {
      const c = this.peek();
      let value;
      if (c === OPEN || c === OPEN_ARRAY) {
        if (this.depth + stack.length >= limit) this.fault(inPayload ? "too-deep" : "syntax", `nested deeper than ${limit} levels`);
        this.at++;
        const isObject = c === OPEN;
        value = isObject ? new Map() : [];
        if (this.peek() !== (isObject ? CLOSE : CLOSE_ARRAY)) {
          stack.push({ isObject, value, name: isObject ? this.member(value, inPayload) : "" });
          continue;
        }
        this.at++;
      } else {
        value = this.scalar(inPayload);
      }
      for (;;) {
        const top = stack.at(-1);
        if (!top) return value;
        if (top.isObject) top.value.set(top.name, value);
        else top.value.push(value);
        const next = this.peek();
        if (next !== COMMA && next !== (top.isObject ? CLOSE : CLOSE_ARRAY)) this.unexpected();
        this.at++;
        if (next === COMMA) {
          if (top.isObject) top.name = this.member(top.value, inPayload);
          break;
        }
        value = stack.pop().value;
      }
    }
  }

  // member reads the name of a member and its colon.
  member(known, tokens) {
    const [name] = this.name(known, tokens);
    this.colon();
    return name;
  }

  // object reads an object with exactly the members of readers, in any order.
  object(readers) {
    this.open();
    const found = new Map(), start = this.at - 1;
    this.depth++;
    if (this.peek() !== CLOSE) {
      for (;;) {
        const [name, at] = this.name(found, true);
        if (!Object.hasOwn(readers, name)) this.fault("unknown-member", `unknown member ${quote(name)}`, at);
        this.colon();
        found.set(name, readers[name]());
        const next = this.peek();
        if (next === CLOSE) break;
        if (next !== COMMA) this.unexpected();
        this.at++;
      }
    }
    this.at++;
    this.depth--;
    for (const name of Object.keys(readers)) {
      if (!found.has(name)) this.fault("missing-member", `member ${quote(name)} is missing`, start);
    }
    return Object.fromEntries(found);
  }

  open() {
    const start = (this.peek(), this.at);
    if (this.bytes[start] === OPEN) {
      this.at++;
      return;
    }
    this.value(false);
    this.fault("wrong-type", "an object is expected", start);
  }

  // text reads a string and returns it as it is written, with its escapes.
  text() {
    const isString = this.peek() === QUOTE, start = this.at;
    this.value(false);
    if (!isString) this.fault("wrong-type", "a string is expected", start);
    return decoder.decode(this.bytes.subarray(start + 1, this.at - 1));
  }

  signature() {
    const start = (this.peek(), this.at), digits = this.text();
    if (!/^[0-9a-f]{128}$/.test(digits)) this.fault("signature-format", "a signature is 128 lower-case hex digits", start);
    return digits;
  }

  payload() {
    this.open();
    this.at--;
    return canonical(this.value(true));
  }

  // version returns how the version is written: "1" in quotes, or 1.
  version() {
    const start = (this.peek(), this.at), value = this.value(false);
    if (value === "1") return '"1"';
    if (this.written(start) !== "1") this.fault("version", BAD_VERSION, start);
    return "1";
  }
}

// canonical returns the canonical form (RFC 8785) of a value that a Reader has read.
function canonical(value) {
  if (value instanceof Map) {
    return `{${[...value.keys()].sort().map((name) => `${JSON.stringify(name)}:${canonical(value.get(name))}`).join(",")}}`;
  }
  return Array.isArray(value) ? `[${value.map(canonical).join(",")}]` : JSON.stringify(value);
}

const encoder = new TextEncoder();
export const utf8 = (text) => encoder.encode(text);

// toBytes returns the bytes of a text. A string that is not Unicode has none.
export function toBytes(text, what) {
  if (text instanceof Uint8Array) return text;
  if (typeof text !== "string") throw new TypeError(`${what} must be a string or a Uint8Array`);
  if (/\p{Surrogate}/u.test(text)) throw new Refusal("parse", "invalid-utf8", `${what} is not Unicode`);
  return utf8(text);
}

// readDocument reads a signed document, {"MEMBER":{"payload":…,"signature":…}}, and returns
// its payload in canonical form and the other member, which read may read in another way.
export function readDocument(bytes, { member, maxBytes, integerVersion = false, signed = "signature", read = (reader) => reader.signature() }) {
  const tooLarge = () => { throw new Refusal("parse", "too-large", `1:1: more than ${maxBytes} bytes`); };
  if (bytes.length > maxBytes) tooLarge();
  const reader = new Reader(bytes);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) reader.fault("byte-order-mark", "a byte order mark");
  reader.space();
  if (reader.at === bytes.length) reader.fault("empty", "the text is empty", 0);

  const readers = { payload: () => reader.payload(), [signed]: () => read(reader), version: () => reader.version() };
  const document = reader.object({ [member]: () => reader.object(readers) })[member];
  reader.space();
  if (reader.at < bytes.length) reader.fault("trailing-data", "more text follows");
  if (document.version === "1" && !integerVersion) reader.fault("version", BAD_VERSION, 0);

  const size = utf8(`{"${member}":{"payload":${document.payload},"${signed}":${JSON.stringify(document[signed])},"version":${document.version}}}`).length;
  if (size > maxBytes) tooLarge();
  return document;
}

// isKeyID reports whether a text is a fingerprint: SHA256: and 32 bytes in base64. The
// last of the 43 characters holds four bits.
export const isKeyID = (text) => /^SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]$/.test(text);
