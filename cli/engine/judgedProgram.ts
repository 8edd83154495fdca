import { type Violation, WAIVERS_FILE, inWords } from "../../policy/judge";
import { judgeProgram } from "../../policy/judgeProgram";
import { dayOf } from "../../policy/waivers";
import { UserError, messageOf } from "../errors";
import { type Finding, readWaivers } from "./policy";
import { readSettings } from "./stack";

/** Runs the program of one stack against mocks and prints, as JSON on one line, what the policy says of it. */
async function main(stack: string): Promise<void> {
  const waivers = readWaivers(`npm run preview -- --stack ${stack}`);
  const verdict = await judgeProgram(readSettings(stack), waivers, dayOf(new Date()));
  const findings: Finding[] = [
    ...[...verdict.violations, ...verdict.waived].map((violation) => finding(violation, stack)),
    ...verdict.waiverFaults.map((fault) => ({
      ...{ rule: "waivers", resource: stack, lines: [`${fault} (${WAIVERS_FILE})`], refused: true },
    })),
  ];
  console.log(`\n${JSON.stringify({ findings })}`);
}

function finding(violation: Violation, stack: string): Finding {
  const { rule, resource, waiver } = violation;
  return {
    ...{ rule: rule.name, resource },
    ...{ lines: inWords(violation, stack).split("\n"), refused: waiver === undefined },
  };
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(messageOf(error) + (error instanceof UserError ? `\nNext: ${error.next}` : ""));
  process.exitCode = 1;
});
