import { createDecipheriv, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** As Pulumi derives keys, `NewSymmetricCrypterFromPassphrase` in its `sdk/go/common/resource/config/crypt.go`. */
const ROUNDS = 1_000_000;
const KEY_BYTES = 32;
/** Length of GCM's tag, at the end of the encrypted text. */
const TAG_BYTES = 16;
/** The word that Pulumi encrypts beside a salt. */
const WORD = "pulumi";

/**
 * Whether a passphrase opens what is encrypted under a salt. Pulumi itself finds out in the same way, but says so only
 * in the middle of a command.
 *
 * @param salt - `encryptionsalt` of a stack file or `salt` of a state: `v1:<salt>:v1:<nonce>:<encrypted word>`
 */
export async function opens(salt: string, passphrase: string): Promise<boolean> {
  const [version, bytes, inner, nonce, sealed] = salt.split(":");
  if (version !== "v1" || inner !== "v1" || !bytes || !nonce || !sealed) return false;
  const key = await derive(passphrase, Buffer.from(bytes, "base64"), ROUNDS, KEY_BYTES, "sha256");
  const text = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(text.subarray(-TAG_BYTES));
  try {
    return decipher.update(text.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8") === WORD;
  } catch {
    // The tag does not fit: another key.
    return false;
  }
}
