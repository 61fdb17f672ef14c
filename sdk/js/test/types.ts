// Checked by tsc, not run.
import { advance, followChain, parseTrustedKeys, Refusal, verifyLicense, type Basis, type License, type Reason } from "licseal";

export async function customer(text: Uint8Array, keys: string): Promise<string> {
  try {
    const license: License = await verifyLicense(text, keys, { at: new Date(), grace: 3600, roles: { id: "/id" }, revocations: null });
    return String(license.payload["customer"]) + license.notAfter?.toISOString() + license.key.id;
  } catch (error) {
    if (error instanceof Refusal) return reason(error.reason);
    throw error;
  }
}

const reason = (word: Reason): string => (word === "expired" ? "renew" : word);

export async function trusted(chain: string, anchor: string): Promise<License> {
  const { seen, generation } = await followChain(chain, anchor);
  await verifyLicense("{}", await parseTrustedKeys(`ssh-ed25519 ${generation}`));
  const { memory, warnings }: Basis = await advance(null, { trust: { anchor, chain } });
  await verifyLicense("{}", await advance(memory, { trust: { anchor }, revocations: "{}" }), { at: warnings[0]?.code });
  // @ts-expect-error a misspelt option is refused
  await verifyLicense("{}", null, { revocation: "" });
  return verifyLicense("{}", null, { trust: { anchor, chain, seen } });
}
