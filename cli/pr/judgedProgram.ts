import type { Violation } from "../../lib/pullRequest/report";
import { type Violation as Broken, inWords } from "../../policy/judge";
import { judgeProgram } from "../../policy/judgeProgram";
import { dayOf } from "../../policy/waivers";
import { readWaivers } from "../engine/policy";
import { readSettings } from "../engine/stack";
import { UserError, messageOf } from "../errors";

/** Runs the program of one stack against mocks and prints, as JSON on one line, what the policy says of it. */
async function main(stack: string): Promise<void> {
  const settings = readSettings(stack);
  const waivers = readWaivers(`npm run pr-check -- --stack ${stack}`);
  const { violations, waived, waiverFaults } = await judgeProgram(settings, waivers, dayOf(new Date()));
  const said: Violation[] = [
    ...[...violations, ...waived].map((broken) => violation(broken, stack)),
    ...waiverFaults.map((message) => ({ rule: "waivers", resource: "", message, mandatory: true })),
  ];
  console.log(`\n${JSON.stringify({ violations: said })}`);
}

function violation(broken: Broken, stack: string): Violation {
  const { rule, resource, waiver } = broken;
  return { rule: rule.name, resource, message: inWords(broken, stack), mandatory: waiver === undefined };
}

main(process.argv[2] ?? "dev").catch((error: unknown) => {
  console.error(messageOf(error) + (error instanceof UserError ? `\nNext: ${error.next}` : ""));
  process.exitCode = 1;
});
