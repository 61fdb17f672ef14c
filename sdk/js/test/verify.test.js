import assert from "node:assert/strict";
import test from "node:test";
import { advance, parseTrustedKeys, Refusal, verifyLicense } from "../src/index.js";
import { issue } from "./lib/license.js";
import { vectors } from "./lib/vectors.js";

const at = "2026-07-01T12:00:00Z";
const payload = { customer: "Example", license_creation_date: "2026-01-01", license_expiration_date: "2027-01-01" };
const refusal = (reason, code) => (error) => error instanceof Refusal && error.reason === reason && error.code === code;

test("a misspelt option is no option", async () => {
  const { license, keys } = issue(payload);
  for (const options of [{ revocation: "" }, { at, grace: -1 }, { at, grace: "1" }, { at: "2026-07-01" }, { at, roles: { id: "key" } }, { at, roles: { notbefore: "/a" } }, { trust: { anchor: "", chain: "", keys: "" } }, { at, trust: { anchor: "0".repeat(64), chain: "" } }]) {
    await assert.rejects(verifyLicense(license, keys, options), TypeError, JSON.stringify(options));
  }
});

test("without keys, nothing is accepted", async () => {
  const { license } = issue(payload);
  for (const keys of [[], "", "# nothing\n", null, undefined]) await assert.rejects(verifyLicense(license, keys, { at }), (error) => !(error instanceof Refusal));
});

test("a licence as a string must be Unicode", async () => {
  const { license, keys } = issue(payload);
  assert.equal((await verifyLicense(license, keys, { at })).state, "valid");
  await assert.rejects(verifyLicense(license.replace("Example", "Example\ud800"), keys, { at }), refusal("parse", "invalid-utf8"));
});

test("a refusal carries what was verified, and nothing else", async () => {
  const { license, keys } = issue(payload);
  await assert.rejects(verifyLicense(license, keys, { at: new Date("2027-01-01T00:00:00Z") }), (error) => error.license.payload.customer === "Example" && error.license.state === "expired");
  await assert.rejects(verifyLicense(license.replace("2027", "2028"), keys, { at }), (error) => error.license === null);
  const revoked = vectors("revocations").find(({ name }) => name === "key-revoked");
  await assert.rejects(verifyLicense(revoked.get("license"), revoked.keys, { at, revocations: revoked.file }), (error) => error.code === "key-revoked" && error.license === null);
});

test("a member named __proto__ is a member", async () => {
  const { license, keys } = issue({ ["__proto__"]: { license_key: "LS-1" }, ...payload });
  const { payload: read } = await verifyLicense(license, keys, { at });
  assert.equal(read.license_key, undefined);
  assert.ok(Object.hasOwn(read, "__proto__"));
});

test("the size of a licence", async () => {
  const { license, keys } = issue(payload);
  assert.equal((await verifyLicense(license.padEnd(65536), keys, { at })).state, "valid");
  await assert.rejects(verifyLicense(license.padEnd(65537), keys, { at }), refusal("parse", "too-large"));
  const numbers = issue({ a: Array(4500).fill(1e15), ...payload });
  assert.ok(numbers.license.length > 65536);
  await assert.rejects(verifyLicense(numbers.license.replaceAll("1000000000000000", "1e15"), numbers.keys, { at }), refusal("parse", "too-large"));
});

test("a value that is nested very deeply is refused", async () => {
  const { license, keys } = issue(payload);
  const deep = license.replace(/"signature":"[^"]*"/, `"signature":${"[".repeat(30000)}`);
  await assert.rejects(verifyLicense(deep, keys, { at }), refusal("parse", "syntax"));
});

test("the clock is held against a list", async () => {
  const v = vectors("revocations").find(({ name }) => name === "accepted-empty");
  const now = Date.now;
  try {
    Date.now = () => Date.UTC(2026, 5, 13, 23);
    await assert.rejects(verifyLicense(v.get("license"), v.keys, { revocations: v.file }), refusal("clock", "clock"));
    Date.now = () => Date.UTC(2026, 5, 14, 1);
    assert.equal((await verifyLicense(v.get("license"), v.keys, { revocations: v.file })).state, "valid");
  } finally {
    Date.now = now;
  }
});

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

test("files of trusted keys that are refused as a whole", async () => {
  for (const file of [
    `${ed25519}\nnonsense`, `${ed25519}\n${ed25519}`, `${ed25519} one ${ed25519}`, ed25519.replace("AAAAC3", "AAAAC4"),
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", // small order
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=", `vendor cert-authority ${ed25519}`, `vendor valid-after="20260101" ${ed25519}`,
    `vendor valid-after="20270101Z",valid-before="20260101Z" ${ed25519}`, `vendor unknown="x" ${ed25519}`, `vendor namespaces="file" ${ed25519}`,
    `vendor valid-before="20270101Z" ${ed25519}\nvendor valid-after="20261231Z" ${ed25519}`, `restrict ${ed25519}`,
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n-----END PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----\nAAAA",
  ]) {
    await assert.rejects(parseTrustedKeys(file), Error, file);
  }
});

test("files of trusted keys that are read", async () => {
  for (const [file, principals] of [
    [`# comment\n\n  ${ed25519} a name\r\n`, []], [`vendor,*@vendor.example namespaces="file,lic*" ${ed25519}`, ["vendor", "*@vendor.example"]],
    [`"a b" valid-after="20260101Z",valid-before="20270101Z" ${ed25519}\nx namespaces="git" ssh-rsa AAAAB3\n`, ["a b"]],
  ]) {
    const [key, ...others] = await parseTrustedKeys(file);
    assert.deepEqual([key.id, key.principals, others], ["SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8", principals, []]);
  }
});

const document = (name) => Buffer.from(vectors("trust").find((v) => v.name === name).file).toString();
const chain = document("accepted-chain"), anchor = vectors("trust").find(({ name }) => name === "accepted-chain").get("anchor");

test("a memory is a text that the caller keeps", async () => {
  const { license, keys } = issue(payload);
  const first = await advance(null, { keys, now: at });
  assert.deepEqual(JSON.parse(first.memory), { version: "1", latest: "2026-07-01T12:00:00.000000000Z" });
  assert.equal((await verifyLicense(license, first, { at })).state, "valid");
  const behind = new Date("2026-06-30T11:59:59Z"), back = await advance(first.memory, { keys, now: behind });
  assert.equal(back.memory, first.memory);
  await assert.rejects(verifyLicense(license, back, { at: behind }), refusal("clock", "clock"));
  for (const damaged of ["", "{}", "null", '{"version":"2"}', '{"version":"1","latest":1}', '{"version":"1","list":{}}', '{"version":"1","other":1}', '{"version":"1","trust":1}']) {
    await assert.rejects(advance(damaged, { keys }), TypeError, damaged);
  }
});

test("a chain that is refused leaves what is remembered in force", async () => {
  const { memory, generation } = await advance(null, { trust: { anchor, chain }, now: at });
  const forged = await advance(memory, { trust: { anchor, chain: chain.replace(/"issued"/g, '"Issued"') }, now: at });
  assert.deepEqual([forged.refusal, forged.warnings.length, forged.generation, forged.memory], [null, 1, generation, memory]);
  for (const [given, code] of [[{ keys: ed25519 }, "anchor"], [{ trust: { anchor: "0".repeat(64), chain } }, "anchor"]]) {
    const refused = await advance(memory, given);
    await assert.rejects(verifyLicense("{}", refused), refusal("trust", code));
    assert.equal(refused.memory, memory);
  }
  await assert.rejects(verifyLicense("{}", await advance(null, { trust: { anchor } })), refusal("trust", "gap"));
});

test("a list that was seen before and is missing is a warning", async () => {
  const v = vectors("revocations").find(({ name }) => name === "accepted-empty");
  const { memory, listGeneration } = await advance(null, { keys: v.keys, revocations: v.file, now: at });
  const basis = await advance(memory, { keys: v.keys, now: at });
  assert.deepEqual([listGeneration > 0, basis.listGeneration, basis.warnings[0].code, basis.refusal], [true, listGeneration, "missing", null]);
});

test("what is given to advance is given once", async () => {
  const { license, keys } = issue(payload), basis = await advance(null, { keys });
  for (const options of [{ revocations: "" }, { trust: { anchor, chain } }]) await assert.rejects(verifyLicense(license, basis, options), TypeError);
  for (const given of [{}, { keys, trust: { anchor, chain } }, { keys, at }, { trust: { anchor, seen: chain } }, { keys, now: "now" }]) await assert.rejects(advance(null, given), Error, JSON.stringify(given));
  for (const memory of [undefined, {}, 1]) await assert.rejects(advance(memory, { keys }), TypeError);
});
