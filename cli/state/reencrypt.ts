import type { StackConfig } from "../engine/stack";

/** All ciphertexts of a stack file by their place, and its salt. */
function ciphertexts(value: unknown, path = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]): [string, string][] => {
    const place = `${path}/${key}`;
    return key === "secure" && typeof below === "string" ? [[place, below]] : ciphertexts(below, place);
  });
}

/**
 * Puts new ciphertexts into the text of a stack file, and leaves everything else as people wrote it: comments, order,
 * quotes.
 *
 * @param text - the file as it is
 * @param before - its content
 * @param after - the same content, encrypted anew
 * @throws Error when the two do not hold the same secrets
 */
export function withCiphertexts(text: string, before: StackConfig, after: StackConfig): string {
  const renewed = new Map(ciphertexts(after.config));
  const pairs = ciphertexts(before.config).map(([place, old]) => [place, old, renewed.get(place)] as const);
  const salt = ["/encryptionsalt", before.encryptionsalt ?? "", after.encryptionsalt] as const;
  return [...pairs, salt].reduce((result, [place, old, fresh]) => {
    // A ciphertext is random, so it stands nowhere else.
    if (fresh === undefined || old === "" || !result.includes(old)) {
      throw new Error(`the encrypted value at ${place} was not found again`);
    }
    return result.replaceAll(old, fresh);
  }, text);
}
