/**
 * The value that a setting's text stands for. Pulumi hands every setting to the program as text, lists and objects as
 * JSON; and `pulumi config set` writes all numbers and truth values of a stack's file anew as text.
 *
 * @param text - such as `8080`, `true`, `["127.0.0.1"]`, `ml.example.com`
 * @returns number, truth value, list or object; whatever else it is stays the text that it was
 */
export function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" || value === null ? text : value;
  } catch {
    return text;
  }
}
