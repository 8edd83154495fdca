import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take the longest, the longest first: one that began last would run alone in the end. */
const FIRST = ["teams.test.ts", "change.test.ts", "chaos.test.ts", "platform.test.ts", "selfSigned.test.ts"];

/** Runs the longest files first; the rest as vitest does. */
class LongestFirst extends BaseSequencer {
  public override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = FIRST.indexOf(basename(moduleId));
      return at < 0 ? FIRST.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** Settings of every suite. Pulumi's mocks are global: one process per file. */
const all = {
  pool: "forks" as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  setupFiles: ["test/setup.ts"],
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...all, name: "quick", include: ["test/unit/**/*.test.ts", "test/policy/**/*.test.ts"] } },
      {
        test: {
          ...all,
          name: "stacks",
          include: ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"],
          // Two stacks, each on names and ports of its own: while one waits, the other works.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // They measure, or take the whole machine.
        test: {
          ...all,
          name: "long",
          include: ["test/long/**/*.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
