import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import execa from "execa";
import { z } from "zod";
import { redaction } from "../../lib/changes/secrets";
import { UserError } from "../errors";
import { checkout } from "../paths";
import type { Finding } from "./policy";
import { secretsOfEnvironment, suiteEnvironment } from "./surroundings";
import { stackFile } from "./stack";

const answerSchema = z.object({
  findings: z.array(
    z.object({ rule: z.string(), resource: z.string(), lines: z.array(z.string()), refused: z.boolean() }),
  ),
});

/**
 * What the policy says of a stack by its settings alone: the program is run against mocks, which make nothing, and what
 * it declares is judged. Neither an engine nor a state is asked.
 *
 * In a process of its own, since mocks are global, and without the backend's environment, which it has no use for.
 *
 * @param stack - its name
 * @throws UserError when the program or the pack itself fails
 */
export async function judged(stack: string): Promise<readonly Finding[]> {
  const loader = createRequire(__filename).resolve("tsx");
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ["--import", pathToFileURL(loader).href, join(__dirname, "judgedProgram.ts"), stack],
    {
      cwd: checkout,
      // The stack's file may lie elsewhere.
      env: { ...suiteEnvironment(""), MLFLOW_PLATFORM_CONFIG_DIR: join(stackFile(stack), "..") },
      extendEnv: false,
      reject: false,
      stdin: "ignore",
    },
  );
  if (exitCode === 0) return answerSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).findings;
  throw new UserError(
    `The program cannot be run without its state:\n${redaction(secretsOfEnvironment())(stderr.trim())}`,
    `npm run test:unit shows whether the program itself is at fault; then: npm run preview -- --stack ${stack}`,
  );
}
