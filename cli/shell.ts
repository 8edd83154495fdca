/** What a shell takes for one word as it stands. A tilde at the beginning would be somebody's home. */
const PLAIN = /^[\w./:@%+,=-]+$/;

/** A text as one word of a shell's command line, in quotes only where it needs them. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
