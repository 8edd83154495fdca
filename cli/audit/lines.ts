/** Length of what the engine puts before each piece of output: the stream's number, three zeros, the piece's length. */
const HEADER_BYTES = 8;
const STDOUT = 1;

/**
 * The lines that a program in a container writes on standard output, as they come; the reader sets the pace. A last line
 * without an end is left out, for it is not whole.
 *
 * @param output - as the engine gives it, both outputs in one
 */
export async function* linesOf(output: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let raw: Buffer = Buffer.alloc(0);
  let rest: Buffer[] = [];
  for await (const chunk of output) {
    raw = Buffer.concat([raw, typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
    let at = 0;
    while (at + HEADER_BYTES <= raw.length) {
      const end = at + HEADER_BYTES + raw.readUInt32BE(at + 4);
      if (end > raw.length) break;
      if (raw[at] === STDOUT) {
        let begin = at + HEADER_BYTES;
        for (let newline; (newline = raw.subarray(0, end).indexOf(10, begin)) >= 0; begin = newline + 1) {
          yield Buffer.concat([...rest, raw.subarray(begin, newline)]).toString("utf8");
          rest = [];
        }
        if (begin < end) rest.push(Buffer.from(raw.subarray(begin, end)));
      }
      at = end;
    }
    raw = raw.subarray(at);
  }
}
