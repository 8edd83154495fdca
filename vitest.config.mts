import { defineConfig } from "vitest/config";

/** Settings of every suite. Pulumi's mocks are global: one process per file. */
const all = {
  pool: "forks" as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  setupFiles: ["test/setup.ts"],
};

export default defineConfig({
  test: {
    projects: [
      { test: { ...all, name: "quick", include: ["test/unit/**/*.test.ts", "test/policy/**/*.test.ts"] } },
      {
        test: {
          ...all,
          name: "stacks",
          include: ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts", "test/long/**/*.test.ts"],
          // A deployment takes three quarters of two processors: two of them beside each other gain little, and make
          // services miss their times.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
