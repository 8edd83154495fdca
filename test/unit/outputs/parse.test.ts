import { describe, expect, it } from "vitest";
import { UserError } from "../../../cli/errors";
import { parseOpenOutputs, parseOutputs } from "../../../cli/outputs/parse";
import { openOutputsSchema } from "../../../lib/outputs";
import { sampleOutputs } from "../smoke/fixtures";

function failureOf(raw: unknown): UserError {
  try {
    parseOutputs(raw, "dev");
  } catch (error) {
    if (error instanceof UserError) {
      return error;
    }
    throw error;
  }
  throw new Error("the outputs were taken");
}

describe("outputs of a stack", () => {
  it("are taken when complete, and unknown ones are ignored", () => {
    expect(parseOutputs({ ...sampleOutputs(), addedLater: { any: "thing" } }, "dev")).toEqual(
      sampleOutputs(),
    );
  });

  it("name every missing part at once and the command that makes them", () => {
    const sample = sampleOutputs();
    const error = failureOf({
      ...sample,
      urls: undefined,
      credentials: { ...sample.credentials, provisioner: undefined },
    });
    expect(error.message).toContain("urls:");
    expect(error.message).toContain("credentials.provisioner:");
    expect(error.next).toBe("npm run up -- --stack dev");
    expect(error.exitCode).toBe(1);
  });

  it("never show a secret in the error", () => {
    const outputs = sampleOutputs();
    const error = failureOf({
      ...outputs,
      urls: undefined,
      settings: { stack: "dev", artifacts: "not-a-real-secret-9" },
    });
    expect(`${error.message}${error.next}`).not.toContain("not-a-real");
  });

  it.each([
    [
      "an artifact root that is no S3 place",
      { teams: { a: { ...sampleOutputs().teams["vision"], artifactRoot: "/srv" } } },
    ],
    ["a mode that is not known", { settings: { stack: "dev", artifacts: "both" } }],
    ["an address that is no URL", { urls: { ...sampleOutputs().urls, s3: "localhost" } }],
  ])("are refused with %s", (_, change) => {
    expect(() => parseOutputs({ ...sampleOutputs(), ...change }, "dev")).toThrow(UserError);
  });

  it("are read without secrets, where the engine shows a mark instead of them", () => {
    const open = openOutputsSchema.parse(sampleOutputs());
    expect(parseOpenOutputs({ ...open, credentials: "[secret]" }, "dev")).toEqual(open);
    expect(() => parseOutputs({ ...open, credentials: "[secret]" }, "dev")).toThrow("credentials:");
  });

  it.each([
    [undefined, "before outputs had versions", "npm run up -- --stack dev"],
    ["0.9", "an older version of this program: its outputs are 0.9", "npm run up -- --stack dev"],
    ["2.0", "a newer version of this program: its outputs are 2.0", "Bring this clone to the commit"],
    ["10.0", "a newer version of this program", "Bring this clone to the commit"],
  ])("of version %s say so, and what to do", (outputsVersion, message, next) => {
    const error = failureOf({ ...sampleOutputs(), outputsVersion });
    expect(error.message).toContain(message);
    expect(error.next).toContain(next);
  });

  it("of a later minor version are read as they are", () => {
    const later = { ...sampleOutputs(), outputsVersion: "1.99", addedLater: true };
    expect(parseOutputs(later, "dev").outputsVersion).toBe("1.99");
  });
});
