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

// give gives files to the page, and waits for the verdict on all of them.
async function give(page, contents, { at = "", grace = 0 } = {}) {
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

const verdict = (page) => page.evaluate(() => ({
  title: document.querySelector("#verdict h2").textContent,
  code: /^([a-z0-9-]+): /.exec(document.querySelector("#verdict p")?.textContent ?? "")?.[1] ?? "",
  color: document.getElementById("verdict").className,
}));

const TITLES = { accepted: "Valid", "in-grace": "Expired, in grace" };

test("every vector has its verdict", async () => {
  const page = await open();
  for (const v of [...vectors("vectors"), ...vectors("revocations")]) {
    if (v.bounds.flat().length > 0) continue; // a key's dates with parts of a second, which no file of keys has
    const isList = v.get("license") !== undefined;
    const contents = { license: isList ? v.get("license") : v.file, keys: v.keys, list: isList ? v.file : "" };
    const got = await give(page, contents, { at: v.get("time"), grace: Number(v.get("grace") ?? 0) / 86400 });
    assert.equal(got.code || Object.keys(TITLES).find((word) => TITLES[word] === got.title), v.get("expect"), `${v.name}: ${JSON.stringify(got)}`);
  }
  assert.deepEqual(page.errors, []);
  assert.equal(page.requests.length, 1, "the page asks for nothing but itself");
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

test("on paper, the verdict is there and the form is not", async () => {
  const page = await open();
  await give(page, issue(payload), { at: "2026-07-01T00:00:00Z" });
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("form").isVisible(), false);
  assert.equal(await page.locator("#verdict h2").isVisible(), true);
  if (shots) await page.screenshot({ path: join(shots, "print.png"), fullPage: true });
});

test("a vendor's keys, name, labels and roles are baked in", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "licseal-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const { license, keys } = issue({ customer: "Example", from: "2026-01-01", until: "2027-01-01" });
  const vendor = { name: "Example & <Sons>", keys, labels: { customer: "Customer <b>" }, roles: { notBefore: "/from", notAfter: "/until" } };
  const path = join(dir, "verify.html");
  writeFileSync(path, readFileSync(file, "utf8").replace('id="vendor">{}', () => `id="vendor">${JSON.stringify(vendor).replaceAll("<", "\\u003c")}`));
  const page = await open(path);
  assert.equal(await page.locator("h1").textContent(), "Check a licence of Example & <Sons>");
  assert.equal(await page.locator("#keys").isVisible(), false);
  assert.equal((await give(page, { license }, { at: "2026-07-01T00:00:00Z" })).title, "Valid");
  assert.ok((await page.locator("dt").allTextContents()).includes("Customer <b>"));
  if (shots) await page.screenshot({ path: join(shots, "vendor.png"), fullPage: true });
  assert.deepEqual(page.errors, []);
});
