import { describe, expect, it } from "vitest";
import {
  experimentName,
  isExperimentName,
  isSmokePerson,
  newPassword,
  newRunId,
  personName,
} from "../../../cli/smoke/names";

describe("names of a run", () => {
  it("are recognised as the smoke test's own", () => {
    const id = newRunId();
    const username = personName(id, "member");
    expect(isExperimentName(experimentName(id))).toBe(true);
    expect(isSmokePerson({ username, email: `${username}@smoke.invalid` })).toBe(true);
  });

  it.each([
    { username: "smoke-jones", email: "smoke-jones@smoke.invalid" },
    { username: "smoke-member-0123456789ab", email: "real@example.com" },
    { username: "smoke-member-0123456789ab" },
  ])("leave people alone whose name only looks like it: $username $email", (user) => {
    expect(isSmokePerson(user)).toBe(false);
  });

  it.each(["smoke-signals", "smoke-0123456789abc", "my-smoke-0123456789ab"])(
    "leave the experiment %s alone",
    (name) => {
      expect(isExperimentName(name)).toBe(false);
    },
  );

  it("differ from run to run, and passwords have every kind of character", () => {
    expect(newRunId()).not.toBe(newRunId());
    const password = newPassword();
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/, /.{24}/]) {
      expect(password).toMatch(kind);
    }
  });
});
