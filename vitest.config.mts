import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Pulumi's mocks are global: one process per file.
    pool: "forks",
    testTimeout: 30_000,
    fileParallelism: !process.argv.some((arg) => /test\/(e2e|chaos)/.test(arg)),
  },
});
