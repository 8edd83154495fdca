/**
 * Whether a text holds the canary, other than by saying the caller's own words again: names carry it with a number,
 * contents without.
 *
 * @param asked - the caller's words: address and body of the request, percent-encoded or not
 */
export function tells(text: string, canary: string, asked: string): boolean {
  const words = new RegExp(`${canary}(?:-\\d+)?`, "g");
  const plain = asked.replaceAll(/%([0-9a-f]{2})/gi, (_whole, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  const said = new Set(plain.match(words));
  return (text.match(words) ?? []).some((word) => !said.has(word));
}
