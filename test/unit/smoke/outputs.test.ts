import { describe, expect, it } from "vitest";
import { UserError } from "../../../cli/errors";
import { parseOutputs } from "../../../cli/smoke/outputs";
import { sampleOutputs } from "./fixtures";

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
});
