import { defineConfig } from "vitest/config";

/** Settings of every suite. Pulumi's mocks are global: one process per file. */
const all = {
  pool: "forks" as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  setupFiles: ["test/setup.ts"],
};

/** Stacks that take the whole machine, or measure it. */
const ALONE = ["test/e2e/teams.test.ts", "test/e2e/remoteHost.test.ts", "test/chaos/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { ...all, name: "quick", include: ["test/unit/**/*.test.ts", "test/policy/**/*.test.ts"] } },
      {
        test: {
          ...all,
          name: "side by side",
          include: ["test/e2e/**/*.test.ts"],
          exclude: ALONE,
          // Two stacks, each on names and ports of its own: while one waits for its services, the other works.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...all, name: "alone", include: ALONE, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
