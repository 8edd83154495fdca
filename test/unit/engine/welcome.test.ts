import { describe, expect, it } from "vitest";
import { welcome } from "../../../cli/engine/welcome";
import { sampleSettings } from "../../helpers/settings";

const urls = {
  mlflow: "http://localhost:8080",
  auth: "http://localhost:8081",
  s3: "http://localhost:8082",
  console: "http://localhost:8083",
};
const { users } = sampleSettings();
const credentials = { users: { ada: "hunter2-hunter2" } };

describe("what a person reads after up", () => {
  const text = welcome("dev", { urls, credentials }, users, "137 created");

  it("says that it worked, and what was done", () => {
    expect(text).toContain("✓ Stack dev is up (137 created).");
  });

  it.each(Object.values(urls))("gives the address %s", (url) => {
    expect(text.split(/\s+/)).toContain(url);
  });

  it("names the administrator as the first user, and how to see the password, never the password", () => {
    expect(text).toMatch(/First user +ada\n/);
    expect(text).toContain("npm run -s pulumi -- stack output credentials --show-secrets   (users.ada)");
    expect(text).not.toContain("hunter2");
  });

  it("names the next three commands", () => {
    const next = text.slice(text.indexOf("Next:"));
    expect([...next.matchAll(/npm run (\w+)/g)].map(([, verb]) => verb)).toEqual(["smoke", "status", "down"]);
    expect(text).not.toContain("--stack");
  });

  it("names the first declared user when there is no administrator", () => {
    const people = users.filter(({ admin }) => !admin);
    expect(welcome("dev", { urls }, people, "")).toMatch(/First user +vera\n/);
  });

  it("says so when nobody can sign in", () => {
    const nobody = welcome("prod", { urls }, [], "");
    expect(nobody).toContain("Nobody can sign in yet: declare users in Pulumi.prod.yaml.");
    expect(nobody).not.toContain("First");
  });

  it("puts the stack's name into every command of another stack", () => {
    const prod = welcome("prod", { urls }, users, "");
    const commands = prod.split("\n").filter((line) => line.includes("npm run"));
    expect(commands).toHaveLength(4);
    expect(commands.filter((line) => !/ -- (\S+ )*--stack prod\b|--stack prod /.test(line))).toEqual([]);
  });

  it("says how ports of another machine come here, and only then", () => {
    expect(welcome("prod", { urls }, users, "", undefined, "far")).toMatch(
      /ports of far itself.*npm run tunnel -- --stack prod\n/,
    );
    expect(welcome("prod", { urls }, users, "")).not.toContain("npm run tunnel");
  });
});
