// Tests the page in headless Chromium, from a file and with the network off.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { issue } from "../../sdk/js/test/lib/license.js";
import { vectors } from "../../sdk/js/test/lib/vectors.js";

const file = fileURLToPath(new URL("../verify.html", import.meta.url));
const shots = process.env.LICSEAL_SCREENSHOTS; // a folder for a picture of each state
const payload = { customer: "Example", license_creation_date: "2026-01-01", license_expiration_date: "2027-01-01", license_key: "LS-1" };
const executablePath = "/usr/bin/chromium";
let browser;

if (!existsSync(executablePath) && !process.env.LICSEAL_TEST_ALL) {
  console.log("skipped: Chromium is not installed");
  process.exit();
}

before(async () => {
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(() => browser?.close());

// open opens a page, and collects what it asks for and what it complains about.
async function open(path = file, options = {}) {
  const context = await browser.newContext({ offline: true, viewport: { width: 900, height: 1000 }, ...options });
  const page = await context.newPage();
  page.requests = [];
  page.errors = [];
  page.on("request", (request) => page.requests.push(request.url()));
  page.on("pageerror", (error) => page.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.errors.push(message.text()));
  await page.goto(pathToFileURL(path).href);
  await page.waitForFunction(() => document.querySelector("#verdict h2"));
  return page;
}

const fields = ["license", "keys", "list"];
const published = JSON.parse(readFileSync(new URL("../../testdata/vectors.json", import.meta.url))).vectors;

// give gives files to the page, and waits for the verdict on all of them.
async function give(page, contents, { at = "", grace = 0 } = {}) {
  if (contents.anchor !== undefined) await page.evaluate((anchor) => (document.getElementById("anchor").value = anchor), contents.anchor);
  await page.fill("#at", at);
  await page.fill("#grace", String(grace));
  for (const id of fields) {
    if (contents[id] === undefined) continue;
    await page.evaluate((id) => (document.getElementById(id).value = "is being read"), id);
    await page.locator(`div:has(> #${id}) > input`).setInputFiles({ name: id, mimeType: "text/plain", buffer: Buffer.from(contents[id]) });
    await page.waitForFunction((id) => document.getElementById(id).value !== "is being read", id);
  }
  await page.waitForFunction(() => document.getElementById("verdict").ariaBusy === "false");
  return verdict(page);
}

// giveAll does the same within the page, for hundreds of vectors.
async function giveAll(page, contents, { at, grace }) {
  const texts = Object.fromEntries(fields.map((id) => [id, Buffer.from(contents[id]).toString("base64")]));
  await page.evaluate(async ([texts, anchor, at, grace]) => {
    Object.assign(document.getElementById("anchor"), { value: anchor });
    Object.assign(document.getElementById("at"), { value: at });
    Object.assign(document.getElementById("grace"), { value: grace });
    for (const [id, text] of Object.entries(texts)) {
      const area = document.getElementById(id), input = area.previousElementSibling, files = new DataTransfer();
      area.value = "is being read";
      files.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt())], id));
      input.files = files.files;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      while (area.value === "is being read") await new Promise((resolve) => setTimeout(resolve));
    }
    while (document.getElementById("verdict").ariaBusy !== "false") await new Promise((resolve) => setTimeout(resolve));
  }, [texts, contents.anchor ?? "", at, String(grace)]);
  return verdict(page);
}

const verdict = (page) => page.evaluate(() => ({
  title: document.querySelector("#verdict h2").textContent,
  code: /^([a-z0-9-]+): /.exec(document.querySelector("#verdict p")?.textContent ?? "")?.[1] ?? "",
  color: document.getElementById("verdict").className,
}));

// bake writes a page with the data of a vendor, and returns its path.
function bake(t, vendor) {
  const dir = mkdtempSync(join(tmpdir(), "licseal-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "verify.html");
  writeFileSync(path, readFileSync(file, "utf8").replace('id="vendor">{}', () => `id="vendor">${JSON.stringify(vendor).replaceAll("<", "\\u003c")}`));
  return path;
}

const bytes = (text) => Buffer.from(text ?? "", "base64");
const ROLES = { id: "id", not_before: "notBefore", not_after: "notAfter", grace: "grace" };
const WORDS = {
  Valid: "accepted", "Expired, in grace": "in-grace", "Not yet valid": "not-yet-valid", Expired: "expired", Revoked: "revoked",
  "Not signed by a trusted key": "signature", "The chain of trust cannot be used": "trust",
};

// vendorOf returns what a page knows for a vector beforehand: the members' names, and the
// chain that has been seen.
function vendorOf({ roles, trust }) {
  const vendor = {};
  if (roles) vendor.roles = Object.fromEntries(Object.entries(roles).map(([name, pointer]) => [ROLES[name], pointer]));
  if (trust?.seen) Object.assign(vendor, { anchor: trust.root, chain: trust.seen.map((document) => `${bytes(document)}\n`).join("") });
  return vendor;
}

// longChains returns the vectors that are too long for the published file, as longChains in
// internal/conformance/vector.go does.
function longChains() {
  const fillers = { "trust/accepted-anchor": "\n", "trust/accepted-chain": " ", "trust/accepted-successor": "{" };
  return Object.entries(fillers).map(([id, filler]) => {
    const { request } = published.find(({ request }) => request.id === id);
    const chain = Buffer.alloc(8 * 1024 * 1024 + 1, filler);
    bytes(request.trust.chain).copy(chain);
    return {
      request: { ...request, id: id.replace("accepted", "too-long"), trust: { ...request.trust, chain: chain.toString("base64") } },
      expect: { reason: "trust", class: "too-long" }, why: "one byte more than is read",
    };
  });
}

// The stories of a reader that remembers are left out: the page remembers nothing.
test("every vector has its verdict", async (t) => {
  const plain = await open();
  for (const { request, expect, why } of [...published.filter(({ part }) => part !== "memory"), ...longChains()]) {
    const vendor = vendorOf(request), isPlain = Object.keys(vendor).length === 0;
    const page = isPlain ? plain : await open(bake(t, vendor));
    const isChain = request.document === undefined; // alone: no licence is judged, and this is none
    const contents = { license: isChain ? "{}" : bytes(request.document), keys: request.keys ?? bytes(request.trust.chain), list: bytes(request.revocations), anchor: request.trust?.root };
    const got = await giveAll(page, contents, { at: request.time ?? "2026-07-01T12:00:00Z", grace: (request.grace ?? 0) / 86400 });
    const want = !isChain || expect.reason !== "" ? expect.class : expect.keys ? "missing-member" : "no-keys";
    assert.equal(got.code || WORDS[got.title], want, `${request.id} (${why}): ${JSON.stringify(got)}`);
    assert.equal(got.title === "The chain of trust cannot be used", expect.reason === "trust" || want === "no-keys", request.id);
    if (request.trust && expect.digest) assert.match(await page.locator("#fields").textContent(), /Chain of trustgeneration \d$/);
    assert.deepEqual(page.errors, [], request.id);
    assert.equal(page.requests.length, 1, "the page asks for nothing but itself");
    if (!isPlain) await page.context().close();
  }
});

// A text area with millions of lines would keep the browser busy for minutes.
test("a long file is judged without being shown, and makes way for what is typed", async () => {
  const page = await open(), { license, keys } = issue(payload);
  await give(page, { license, keys }, { at: "2026-07-01T00:00:00Z" });
  for (const [filler, title] of [["\n", "Cannot be checked"], ["{", "Missing: digest of the chain's first document"]]) {
    await page.evaluate((filler) => {
      const input = document.getElementById("keys").previousElementSibling, files = new DataTransfer();
      files.items.add(new File([filler.repeat(33 * 1024 * 1024)], "keys"));
      input.files = files.files;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }, filler);
    await page.waitForFunction((title) => document.querySelector("#verdict h2").textContent === title, title);
    assert.equal(await page.inputValue("#keys"), "");
    assert.equal(await page.getAttribute("#keys", "placeholder"), "keys: 34603008 bytes, too long to show");
  }
  await page.fill("#keys", keys);
  await page.waitForFunction(() => document.querySelector("#verdict h2").textContent === "Valid");
  assert.equal(await page.getAttribute("#keys", "placeholder"), "");
  const longest = "\n".repeat(64 * 1024 - keys.length) + keys;
  assert.equal((await give(page, { keys: longest }, { at: "2026-07-01T00:00:00Z" })).title, "Valid");
  assert.equal(await page.inputValue("#keys"), longest);
  assert.deepEqual([page.errors, page.requests.length], [[], 1]);
});

const hostile = `</textarea></script><script>document.title="hacked"</script><img src=x onerror="document.title='hacked'"><b>bold</b>\u202egnp.exe\u0000\u200b`;

test("a licence's own text is never markup", async () => {
  const page = await open();
  const { license, keys } = issue({ [hostile.slice(0, 60)]: hostile, a: "x".repeat(64500), ...payload });
  const got = await give(page, { license, keys }, { at: "2026-07-01T00:00:00Z" });
  assert.equal(got.title, "Valid");
  const shown = await page.locator("#fields").textContent();
  assert.ok(shown.includes(`</textarea></script><script>document.title="hacked"</script>`), "it is shown as text");
  assert.ok(shown.includes("\\u{202e}gnp.exe\\u{0}\\u{200b}") && !/[\u202e\u200b\0]/.test(shown), "what cannot be seen is escaped");
  assert.equal(await page.locator("#fields *:not(dt, dd)").count(), 0);
  assert.equal(await page.title(), "Check a licence");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "it does not widen the page");
  if (shots) await page.screenshot({ path: join(shots, "hostile.png") });
  await give(page, { license: license.replace("hacked", "forged"), keys });
  assert.equal(await page.locator("#fields").textContent(), "", "nothing of a forged licence is shown");
  assert.deepEqual([page.errors, page.requests.length], [[], 1]);
});

test("no script but the page's own runs", async () => {
  const page = await open();
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'hacked'";
    document.body.append(script);
  });
  assert.equal(await page.title(), "Check a licence");
  assert.match(page.errors.join(), /Content Security Policy/);
});

// Every state that the page can be in, for a look and for the checks of accessibility.
function states() {
  const revocation = (name) => vectors("revocations").find((v) => v.name === name);
  const { license, keys } = issue(payload);
  const list = (v) => [{ license: v.get("license"), keys: v.keys, list: v.file }, { at: v.get("time") }];
  const chain = (id) => {
    const { request } = published.find(({ request }) => request.id === id);
    return [{ license: bytes(request.document), keys: bytes(request.trust.chain), anchor: `SHA256:${request.trust.root}` }, { at: request.time }];
  };
  const at = (time, grace = 0) => ({ at: time, grace });
  return {
    empty: [{}],
    "no-keys": [{ license }],
    valid: [{ license, keys }, at("2026-07-01T12:00:00Z")],
    "valid-with-list": list(revocation("accepted-empty")),
    "in-grace": [{ license, keys }, at("2027-01-10T12:00:00Z", 30)],
    expired: [{ license, keys }, at("2027-02-10T12:00:00Z", 30)],
    "not-yet-valid": [{ license, keys }, at("2025-07-01T12:00:00Z")],
    revoked: list(revocation("revoked")),
    "stale-list": list(revocation("stale")),
    forged: [{ license: license.replace("Example", "Another"), keys }],
    "not-a-licence": [{ license: "<html>404</html>", keys }],
    chain: chain("trust/licence-accepted"),
    "chain-refused": chain("trust/licence-chain-first"),
    "no-anchor": [{ ...chain("trust/licence-accepted")[0], anchor: "" }],
    "bad-keys": [{ license, keys: "nonsense" }],
    "no-dates": [{ ...issue({ customer: "Example" }) }],
  };
}

test("each state is accessible, light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(file, { colorScheme, bypassCSP: true }); // axe-core is another script
    for (const [name, [contents, options]] of Object.entries(states())) {
      await page.reload();
      await page.waitForFunction(() => document.querySelector("#verdict h2"));
      await give(page, contents, options);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html]), [], `${name}, ${colorScheme}`);
      if (shots) await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`), fullPage: true });
    }
  }
});

test("it is used by keyboard alone, and tells a screen reader", async () => {
  const page = await open();
  const { license, keys } = issue(payload);
  await page.focus("#license");
  await page.keyboard.insertText(license);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "keys");
  await page.keyboard.insertText(keys);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "at");
  await page.keyboard.insertText("2026-07-01T00:00:00Z");
  await page.waitForFunction(() => document.querySelector("#verdict h2").textContent === "Valid");
  assert.equal(await page.locator("#verdict").getAttribute("role"), "status");
});

test("dropped files go where they belong", async () => {
  const page = await open();
  const v = vectors("revocations").find(({ name }) => name === "revoked");
  await page.fill("#at", v.get("time"));
  await page.evaluate((texts) => {
    const dataTransfer = new DataTransfer();
    for (const text of texts) dataTransfer.items.add(new File([text], "file"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, [Buffer.from(v.file).toString(), v.keys, v.get("license")]);
  await page.waitForFunction(() => document.querySelector("#verdict h2").textContent === "Revoked");
});

test("a clock that is behind the list is reported", async () => {
  const v = vectors("revocations").find(({ name }) => name === "accepted-empty");
  const page = await open();
  await page.clock.setFixedTime(new Date("2026-06-13T23:00:00Z"));
  assert.equal((await give(page, { license: v.get("license"), keys: v.keys, list: v.file })).title, "The clock is wrong");
  if (shots) await page.screenshot({ path: join(shots, "clock.png"), fullPage: true });
  assert.deepEqual(page.errors, []);
});

test("a page with a chain follows it, accepts no older one, and no keys in its place", async (t) => {
  const { request } = published.find(({ request }) => request.id === "trust/licence-accepted");
  const license = bytes(request.document), whole = bytes(request.trust.chain).toString(), [first] = whole.split("\n");
  const page = await open(bake(t, { anchor: request.trust.root, chain: `${first}\n` }));
  assert.equal(await page.locator("#anchored").isVisible(), false);
  assert.equal((await give(page, { license, keys: whole }, { at: request.time })).title, "Valid");
  if (shots) await page.screenshot({ path: join(shots, "vendor-chain.png"), fullPage: true });
  assert.equal((await give(page, { license, keys: issue(payload).keys }, { at: request.time })).title, "The chain of trust cannot be used");
  const whole2 = await open(bake(t, { anchor: request.trust.root, chain: whole }));
  assert.equal((await give(whole2, { license }, { at: request.time })).title, "Valid");
  assert.equal((await give(whole2, { license, keys: first }, { at: request.time })).title, "Valid", "an older chain changes nothing");
});

test("on paper, the verdict is there and the form is not", async () => {
  const page = await open();
  await give(page, issue(payload), { at: "2026-07-01T00:00:00Z" });
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("form").isVisible(), false);
  assert.equal(await page.locator("#verdict h2").isVisible(), true);
  if (shots) await page.screenshot({ path: join(shots, "print.png"), fullPage: true });
});

test("a vendor's keys, name, labels and roles are baked in", async (t) => {
  const { license, keys } = issue({ customer: "Example", from: "2026-01-01", until: "2027-01-01" });
  const vendor = { name: "Example & <Sons>", keys, labels: { customer: "Customer <b>" }, roles: { notBefore: "/from", notAfter: "/until" } };
  const page = await open(bake(t, vendor));
  assert.equal(await page.locator("h1").textContent(), "Check a licence of Example & <Sons>");
  assert.equal(await page.locator("#keys").isVisible(), false);
  assert.equal((await give(page, { license }, { at: "2026-07-01T00:00:00Z" })).title, "Valid");
  assert.ok((await page.locator("dt").allTextContents()).includes("Customer <b>"));
  if (shots) await page.screenshot({ path: join(shots, "vendor.png"), fullPage: true });
  assert.deepEqual(page.errors, []);
});
