import { describe, expect, it } from "vitest";
import { block, code, cut, cutLines, htmlCode, visible } from "../../../lib/pullRequest/text";

describe("text of others", () => {
  it("shows what would not be seen", () => {
    expect(visible("a\u202eb\u200bc\u0000d\u00ade\ufeff\u{e0041}\ud800")).toBe(
      "a\\u{202e}b\\u{200b}c\\u{0}d\\u{ad}e\\u{feff}\\u{e0041}\\u{d800}",
    );
  });
  it("has no colours, no commands for a terminal, and plain ends of lines", () => {
    expect(
      visible("\u001b[31mred\u001b[0m \u001b]8;;https://evil\u0007link\u001b]8;;\u0007\r\nnext\rlast\tend"),
    ).toBe("red link\nnext\nlast  end");
  });
  it("leaves letters of all languages alone", () => {
    expect(visible("Größe 値 مرحبا 🙂")).toBe("Größe 値 مرحبا 🙂");
  });
  it("is cut with a word on what is missing, never within a letter", () => {
    expect(cut("abcdef", 6)).toBe("abcdef");
    expect(cut("abcdef", 4)).toBe("abcd… (2 more letters)");
    expect(cut("ab🙂", 3)).toBe("ab… (2 more letters)");
    expect(cutLines("a\nb\nc", 2)).toBe("a\nb\n… (1 more lines)");
  });
  it.each([
    ["plain", "`plain`"],
    ["@everyone #1 <b> [x](y) ![i](u) https://evil", "`@everyone #1 <b> [x](y) ![i](u) https://evil`"],
    ["a`b", "``a`b``"],
    ["``` a", "```` ``` a ````"],
    ["`", "`` ` ``"],
    ["two\nlines", "`two ⏎ lines`"],
    ["", "` `"],
    ["-->\u202e", "`-->\\u{202e}`"],
  ])("as code in a line: %j", (text, expected) => expect(code(text)).toBe(expected));
  it("as a block it cannot end the block", () => {
    expect(block("a\n```\n@everyone\n````", "diff")).toBe("`````diff\na\n```\n@everyone\n````\n`````");
  });
  it("inside of HTML it is no HTML, and mentions nobody", () => {
    expect(htmlCode(`</code><img src=x onerror="y">@me`)).toBe(
      "<code>&#60;/code&#62;&#60;img src=x onerror=&#34;y&#34;&#62;&#64;me</code>",
    );
  });
});
