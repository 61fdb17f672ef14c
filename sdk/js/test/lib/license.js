// Signs licences for the tests.
import { generateKeyPairSync, sign } from "node:crypto";

// issue returns a licence and the PEM of the key that signed it. The members of the
// payload are sorted already.
export function issue(payload) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const text = JSON.stringify(payload);
  const signature = sign(null, Buffer.from(text), privateKey).toString("hex");
  return { license: `{"license":{"payload":${text},"signature":"${signature}","version":"1"}}`, keys: publicKey.export({ type: "spki", format: "pem" }) };
}
