import { describe, expect, it } from "vitest";
import { explain } from "../../../cli/engine/explain";
import * as said from "./messages";

/** Each fault: what was said, what it means, and what the next step must name. */
const FAULTS = [
  ["a wrong passphrase", said.WRONG_PASSPHRASE, "The passphrase does not open", "PULUMI_CONFIG_PASSPHRASE"],
  ["a lock", said.LOCKED, "Another run is changing this stack.", "npm run state -- unlock --stack prod"],
  ["a taken port", said.PORT_TAKEN.plain, "A port of the stack is taken", "portBase in Pulumi.prod.yaml"],
  ["a port of Docker's own", said.PORT_ALLOCATED, "A port of the stack is taken", "portBase"],
  ["an engine that is off", said.NO_ENGINE.plain, "The Docker engine does not answer.", "npm run bootstrap"],
  [
    "a sick service",
    said.UNHEALTHY.plain,
    "did not become healthy in time",
    "npm run status -- --stack prod",
  ],
  ["a failed build", said.BUILD_FAILED.plain, "An image could not be built.", "docker build"],
  ["a failed classic build", said.BUILD_FAILED_CLASSIC, "An image could not be built.", "PIP_INDEX_URL"],
  ["a name that is taken", said.NAME_TAKEN, "A container that this stack did not make", "docker rm -f"],
  ["a full disk", said.DISK_FULL, "The disk is full.", "docker system df"],
] as const;

describe("an explanation", () => {
  it.each(FAULTS)("of %s names the cause first, and the next command", (_what, message, cause, next) => {
    const explained = explain([message], "prod");
    expect(explained.cause.split("\n")[0]).toContain(cause);
    expect(explained.next).toContain(next);
  });

  it.each(FAULTS)("of %s keeps the engine's own words", (_what, message) => {
    const own = message.split("\n").filter((line) => !line.startsWith("warning:"));
    expect(explain([message], "prod").cause).toContain(own.join("\n"));
  });

  it.each(FAULTS.filter(([what]) => what !== "a lock"))("of %s says how to go on", (_what, message) => {
    expect(explain([message], "prod").next).toContain("npm run up -- --stack prod");
  });

  it("never tells somebody whose stack is locked just to run it again", () => {
    expect(explain([said.LOCKED], "prod").next).not.toContain("npm run up");
  });

  it("leaves out the warnings of the CLI", () => {
    expect(explain([said.WRONG_PASSPHRASE], "dev").cause).not.toContain("language-nodejs");
  });

  it("of what is not known are the words themselves, and where to look", () => {
    expect(explain(["a: something odd", "b: as odd"], "dev")).toEqual({
      cause: "a: something odd\nb: as odd",
      next: "npm run status -- --stack dev, then: npm run up -- --stack dev",
    });
  });

  it("finds the symptom among several errors", () => {
    expect(explain(["x: something odd", said.UNHEALTHY.plain], "dev").cause).toContain(
      "did not become healthy",
    );
  });
});
