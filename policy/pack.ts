import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PolicyPack, type ReportViolation, type StackValidationArgs } from "@pulumi/policy";
import { parseSettings } from "../config/settings";
import { valueOf } from "../config/text";
import { engineResource, marks, plain } from "./engine";
import { Judge, type Violation, WAIVERS_FILE, inWords } from "./judge";
import { plainText } from "./rules/secrets/plainText";
import { stackFacts } from "./stack";
import { secretsIn } from "./secretValues";
import { dayOf, parseWaivers } from "./waivers";

/** Names of the pack and of its policies, where Pulumi shows them. */
export const PACK = "mlflow-platform";
const RESOURCES = "rules";
const STACK = "waivers";

/** A report that names the rule, which the library takes as well as a text. */
type Report = (violation: {
  readonly name: string;
  readonly message: string;
  readonly urn: string;
  readonly enforcementLevel: "mandatory" | "advisory";
}) => void;

/** What the engine tells a pack of the stack, by the environment. */
function stackOfEngine(): { readonly name: string; readonly config: Readonly<Record<string, string>> } {
  const name = process.env["PULUMI_STACK"] ?? process.env["PULUMI_NODEJS_STACK"] ?? "";
  const config = JSON.parse(process.env["PULUMI_CONFIG"] ?? "{}") as Record<string, string>;
  return { name, config };
}

/** The settings, or undefined when they are faulty: the program itself says what is wrong with them. */
function settingsOf(stack: string, config: Readonly<Record<string, string>>) {
  const prefix = "mlflow-platform:";
  const raw = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), valueOf(value)] as const] : [],
  );
  try {
    return parseSettings(stack, Object.fromEntries(raw));
  } catch {
    return undefined;
  }
}

/** Serves the pack to the engine that started this process. */
export function serve(): void {
  const { name, config } = stackOfEngine();
  const today = dayOf(new Date());
  const waivers = parseWaivers(readFileSync(join(__dirname, "waivers.yaml"), "utf8"), today);
  const settings = settingsOf(name, config);
  const facts = stackFacts(name, settings, [config["mlflow-platform:duckdnsToken"] ?? ""]);
  const judge = new Judge(facts, waivers, today);
  /** Paths of secrets by URN. Only the pass that may change resources is told of them; it comes first. */
  const secrets = new Map<string, readonly string[]>();

  const report = (to: ReportViolation, violations: readonly Violation[]): void => {
    for (const violation of violations) {
      (to as unknown as Report)({
        name: violation.rule.name,
        message: inWords(violation, name),
        urn: violation.urn,
        enforcementLevel: violation.waiver === undefined ? "mandatory" : "advisory",
      });
    }
  };

  new PolicyPack(PACK, {
    policies: [
      {
        name: RESOURCES,
        description: "Every rule of docs/policy.md, on each resource before it is made or changed.",
        enforcementLevel: "remediate",
        remediateResource: ({ urn, props }) => {
          secrets.set(urn, marks(props));
          // Nothing is changed.
          return undefined;
        },
        validateResource: (args, to) =>
          report(to, judge.check(engineResource(args, secrets.get(args.urn) ?? []))),
      },
      {
        name: STACK,
        description: `Every exception in ${WAIVERS_FILE} is of use and has not ended; no secret of the stack stands open.`,
        enforcementLevel: "mandatory",
        validateStack: (args, to) => {
          report(to, openSecrets(args, judge, name));
          // As an object: a text would be put below the description, which says nothing here.
          for (const fault of judge.waiverFaults()) {
            (to as unknown as Report)({
              ...{ name: STACK, message: `${fault} (${WAIVERS_FILE})` },
              ...{ urn: "", enforcementLevel: "mandatory" },
            });
          }
        },
      },
    ],
  });

  /** What was generated is known only now: whether it stands open somewhere. */
  function openSecrets(args: StackValidationArgs, judged: Judge, stack: string): readonly Violation[] {
    const resources = args.resources.map((it) => ({ ...it, known: plain(it.props) }));
    const values = secretsIn(resources.map(({ type, known }) => ({ type, props: known })));
    const withSecrets = { ...stackFacts(stack, settings, [...facts.secrets, ...values]) };
    return resources.flatMap((it) => {
      if (plainText.types?.includes(it.type) !== true) return [];
      const resource = engineResource(it, []);
      const details = plainText
        .check(resource, withSecrets)
        .filter((detail) => !plainText.check(resource, facts).includes(detail));
      return details.map((detail) => judged.violation(plainText, resource, detail));
    });
  }
}
