// Signs the tokens with which people of the shop read at the hub, and publishes the keys that verify them.
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";

const TOKEN_LIFE_S = 15 * 60;
const KEY_LIFE_MS = 24 * 3600 * 1000;
const keys = []; // the current one and the one before, whose tokens are still in use

function turn() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: randomUUID(), alg: "ES256", use: "sig" };
  keys.unshift({ jwk, privateKey });
  keys.splice(2);
}

export const keySet = () => ({ keys: keys.map(({ jwk }) => jwk) });

export function token(person) {
  const [{ jwk, privateKey }] = keys;
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "ES256", typ: "JWT", kid: jwk.kid };
  const claims = { iss: "shop", aud: "hub", sub: person, iat: now, exp: now + TOKEN_LIFE_S };
  const encoded = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const text = encoded.join(".");
  const signature = sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

turn();
setInterval(turn, KEY_LIFE_MS).unref();
process.on("SIGUSR2", turn);
