import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isElsewhere, pulumiElsewhere } from "../../../cli/engine/otherProgram";

describe("a command of the Pulumi CLI", () => {
  it.each([
    ["-C examples/consumer up", true],
    ["up -C examples/consumer", true],
    ["-Cexamples/consumer up", true],
    ["-C=examples/consumer up", true],
    ["--cwd examples/consumer up", true],
    ["up --cwd=examples/consumer", true],
    ["-C . -C examples/consumer up", true],
    ["-C /nonexistent up", true],
    ["up", false],
    ["stack output urls --show-secrets", false],
    ["up --config-file examples/consumer", false],
    ["config set key -- -C examples/consumer", false],
    // The platform's own program, by another way.
    ["-C . up", false],
    ["-C components/identity up", false],
    ["-C examples up", false],
    ["-C examples/consumer/.. up", false],
    ["-C examples/consumer -C . up", false],
  ])("%s is about another program: %s", (line, expected) => {
    expect(isElsewhere(line.split(" "))).toBe(expected);
  });

  it("on another program is passed on as it is, with the stack's environment", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-elsewhere-"));
    try {
      const program = join(folder, "pulumi");
      // What it was called with, as its exit code can tell.
      const check =
        '[ "$*" = "-C x stack init nightly" ] && [ "$PULUMI_BACKEND_URL" = "file:///there" ] && exit 7';
      writeFileSync(program, `#!/bin/sh\n${check}\nexit 1\n`, { mode: 0o755 });
      const stack = {
        ...{ name: "dev", configFile: "", folder, known: true },
        toolchain: { pulumi: program, env: {} },
        env: { PULUMI_BACKEND_URL: "file:///there" },
      };
      expect(await pulumiElsewhere(stack, ["-C", "x", "stack", "init", "nightly"])).toBe(7);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
