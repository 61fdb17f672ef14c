// The page: what is pasted or dropped is verified, and the verdict shown as text.
import { toBytes } from "../../sdk/js/src/json.js";
import { parseTrustedKeys } from "../../sdk/js/src/keys.js";
import { Refusal } from "../../sdk/js/src/refusal.js";
import { openList } from "../../sdk/js/src/revocations.js";
import { parseTime, seconds } from "../../sdk/js/src/time.js";
import { followChain } from "../../sdk/js/src/trust.js";
import { judge, ROLES } from "../../sdk/js/src/verify.js";

const $ = (id) => document.getElementById(id);
const vendor = JSON.parse($("vendor").textContent);
const { name = "", keys = "", anchor = "", chain = "", labels = {}, roles = {} } = vendor;
const bytes = new Map(); // of the files that were opened, by field: a text area would change them

const MOST = 32 * 1024 * 1024 + 1; // bytes that are read of a file: so long a one is refused, whatever it is
const SHOWN = 64 * 1024; // bytes of a file that a text area shows: a million lines would freeze the page

const ASK = "Ask the vendor for another licence.";

// Of each reason: the color, the words, and what to do.
const VERDICTS = {
  valid: ["good", "Valid", ""],
  "in grace": ["warn", "Expired, in grace", "Renew it before the grace ends."],
  "not-yet-valid": ["warn", "Not yet valid", ""],
  expired: ["bad", "Expired", "Ask for a renewed licence."],
  revoked: ["bad", "Revoked", ASK],
  signature: ["bad", "Not signed by a trusted key", "Nothing in it can be trusted. The file was changed, or the keys are of another vendor."],
  parse: ["bad", "Not a licence", "Ask for the file again, and do not edit it."],
  schema: ["bad", "Incomplete", ASK],
  trust: ["bad", "The chain of trust cannot be used", "Get the newest chain, and the digest of its first document, from the vendor."],
  "revocation-list": ["bad", "The revocation list cannot be used", "Get the newest list."],
  clock: ["bad", "The clock is wrong", "Set the clock of this computer."],
  usage: ["bad", "Cannot be checked", ""],
};

// safe shows the characters that cannot be seen, or that change the reading direction.
const safe = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => (c === "\n" ? c : `\\u{${c.codePointAt().toString(16)}}`));

function add(parent, tag, text, kind = "") {
  const element = document.createElement(tag);
  element.textContent = safe(text);
  element.className = kind;
  element.dir = "auto";
  parent.append(element);
}

function show(kind, title, detail) {
  $("verdict").className = kind;
  $("verdict").replaceChildren();
  add($("verdict"), "h2", title);
  for (const line of detail) if (line) add($("verdict"), "p", line);
}

const date = (instant) => instant.toISOString().replace("T", " ").replace(/(:00)?\.000Z/, " UTC");

// showTime shows the instants of a licence in order, with the one of the check.
function showTime({ notBefore, notAfter, graceEnd, time }) {
  const events = [[notBefore, "Valid from"], [notAfter, "Expires"], [time, "Checked", "now"]];
  if (graceEnd > notAfter) events.push([graceEnd, "Grace ends"]);
  events.sort(([a], [b]) => a - b);
  for (const [instant, word, kind] of events) add($("line"), "li", `${word}\n${date(instant)}`, kind);
}

function showLicense(license) {
  if (license.notBefore) showTime(license);
  for (const [member, value] of Object.entries(license.payload)) {
    add($("fields"), "dt", Object.hasOwn(labels, member) ? labels[member] : member);
    add($("fields"), "dd", typeof value === "string" ? value : JSON.stringify(value));
  }
  add($("fields"), "dt", "Signed by");
  add($("fields"), "dd", `${license.key.id} ${license.key.name}`);
  if (!license.generation) return;
  add($("fields"), "dt", "Chain of trust");
  add($("fields"), "dd", `generation ${license.generation}`);
}

const content = (id) => bytes.get(id) ?? $(id).value;
let turn = 0;

const textOf = (part) => new TextDecoder().decode(part.subarray(0, SHOWN));
const isChain = () => anchor !== "" || /^\s*\{/.test(bytes.has("keys") ? textOf(bytes.get("keys")) : $("keys").value);

// trusted reads the keys, or follows the chain. The vendor's own chain has been seen.
async function trusted() {
  if (!isChain()) return { keys: await parseTrustedKeys(content("keys")) };
  const found = await followChain(content("keys"), $("anchor").value.trim().replace(/^SHA256:/, ""), chain || null);
  if (found.keys.length === 0) throw new Refusal("trust", "no-keys", `generation ${found.generation} trusts no key`);
  return found;
}

async function verify() {
  const at = $("at").value, now = at ? parseTime(at) : seconds(Date.now() / 1000);
  if (now === null) throw new Error("a time is written 2026-07-01T12:00:00Z");
  const { keys, generation } = await trusted();
  const list = content("list").length > 0 ? await openList(content("list"), keys) : null;
  const license = await judge(toBytes(content("license"), "the licence"), keys, { now, isClock: !at, grace: seconds($("grace").value * 86400), roles: { ...ROLES, ...roles }, list });
  return { ...license, generation };
}

async function check() {
  const mine = ++turn, empty = ["license", "keys", "anchor"].filter((id) => content(id).length === 0 && (id !== "anchor" || isChain()));
  $("anchored").hidden = anchor !== "" || !isChain();
  $("verdict").ariaBusy = true;
  let license, verdict, detail;
  if (empty.length > 0 && !(empty[0] === "license" && bytes.has("license"))) {
    verdict = ["idle", `Missing: ${empty.map((id) => $(id).labels[0].textContent.toLowerCase()).join(" and ")}`, ""];
  } else {
    try {
      license = await verify();
      verdict = VERDICTS[license.state];
    } catch (error) {
      const refused = error instanceof Refusal;
      ({ license } = error);
      verdict = VERDICTS[refused ? error.reason : "usage"];
      detail = refused && error.code !== error.reason ? `${error.code}: ${error.message}` : error.message;
    }
  }
  if (mine !== turn) return; // something else was given meanwhile
  $("verdict").ariaBusy = false;
  $("line").replaceChildren();
  $("fields").replaceChildren();
  show(verdict[0], verdict[1], [detail, verdict[2], license && content("list").length === 0 ? "Not checked: whether it was revoked, which needs a revocation list." : ""]);
  if (license) showLicense(license);
}

// open reads a file into a field, which shows it as text, or its size if it is long.
async function open(id, file) {
  const content = new Uint8Array(await file.slice(0, MOST).arrayBuffer()), isShown = content.length <= SHOWN;
  bytes.set(id, content);
  $(id).value = isShown ? textOf(content) : "";
  $(id).placeholder = isShown ? "" : `${safe(file.name)}: ${file.size} bytes, too long to show`;
  check();
}

// fieldOf guesses what a dropped file is.
async function fieldOf(file) {
  const text = await file.slice(0, SHOWN).text();
  if (/^\s*\{\s*"revocations"/.test(text)) return "list";
  if (/^\s*\{\s*"trust"/.test(text)) return "keys";
  return /^\s*[^\s{]/.test(text) && /ssh-|ecdsa-|BEGIN PUBLIC/.test(text) ? "keys" : "license";
}

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  for (const file of event.dataTransfer.files) open(await fieldOf(file), file);
});
addEventListener("input", ({ target }) => {
  if (target.type === "file") return open(target.nextSibling.id, target.files[0]);
  if (bytes.delete(target.id)) target.placeholder = "";
  check();
});
document.forms[0].addEventListener("submit", (event) => event.preventDefault());

if (name) document.title = document.querySelector("h1").textContent = `Check a licence of ${name}`;
$("keys").value = keys || chain;
$("anchor").value = anchor;
if (keys) {
  $("keys").parentElement.hidden = true;
}
check();
