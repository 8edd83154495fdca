import { describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { inRanges, stackText } from "../../../cli/environment/stackText";
import { type StackConfig, settingsIn } from "../../../cli/engine/stack";
import { settingsOfWish } from "../../../cli/environment/wish";
import { SETTING_KEYS } from "../../../config/schema";

const settings = {
  ...settingsOfWish(
    {
      ingress: "self-signed",
      // What would mean something else in YAML if it were written as it is.
      domain: "yes: #no.example.com",
      ...{ httpPort: 9080, httpsPort: 9443, portBase: 8100, bindAddresses: ["127.0.0.1", "::1"] },
      admin: { username: "null", email: "a@b.c", firstName: "O'Neil, {x}", lastName: "true" },
    },
    true,
  ),
  teams: [],
};

describe("the text of a new stack file", () => {
  it("says the settings and nothing else", () => {
    const text = stackText("staging", settings);
    expect(parseDocument(text).errors).toEqual([]);
    expect(settingsIn(parse(text) as StackConfig)).toEqual(settings);
  });

  it("has what it takes to decrypt beside the settings", () => {
    const text = stackText("staging", settings, { encryptionsalt: "v1:abc=" });
    expect(parse(text)).toMatchObject({ encryptionsalt: "v1:abc=", config: {} });
  });

  it("explains every key that new-environment writes, in lines that fit", () => {
    const all = Object.fromEntries(SETTING_KEYS.map((key) => [key, "x"]));
    const wished = Object.keys(settingsOfWish(all, true)).filter((key) => key !== "httpsPort");
    expect(wished.length).toBeGreaterThan(12);
    const lines = stackText("staging", { ...all, users: [], teams: [] }).split("\n");
    const unexplained = wished.filter((key) => {
      const at = lines.findIndex((line) => line.startsWith(`  mlflow-platform:${key}:`));
      return !/^ {2}# ./.test(lines[at - 1] ?? "");
    });
    expect(unexplained).toEqual([]);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  it("lists the ports that follow, and shows how a first person and team are written", () => {
    const text = stackText("staging", { portBase: 8100, users: [], teams: [] });
    expect(text).toContain("8100-8103, 8110-8113");
    const uncommented = text.replace(/: \[\]$/gm, ":").replace(/^ {2}# {3}/gm, "    ");
    const example = uncommented
      .split("\n")
      .filter((line) => /^ {4}/.test(line))
      .join("\n");
    expect(parse(example)).toEqual([
      expect.objectContaining({ username: "vera", email: "vera@example.com" }),
      expect.objectContaining({ name: "vision", members: ["vera"] }),
    ]);
  });

  it("has a line for each person", () => {
    expect(stackText("staging", settings)).toMatch(/^ {4}- \{ username: "null", .* \}$/m);
  });
});

describe("ports in ranges", () => {
  it("are sorted, joined and listed once", () => {
    expect(inRanges([8083, 443, 8081, 8082, 443])).toBe("443, 8081-8083");
    expect(inRanges([])).toBe("");
  });
});
