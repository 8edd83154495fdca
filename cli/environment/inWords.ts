import type { Settings } from "../../config/settings";
import { endpointsOf } from "../../lib/endpoints";
import { type Neighbour, portsOf, sharedPorts } from "./ports";
import { inRanges } from "./stackText";

/**
 * What a person reads when the file of a new environment is written.
 *
 * @param settings - checked
 * @param raw - the same as they were written, without their namespace
 * @param others - the other environments
 */
export function writtenInWords(
  settings: Settings,
  raw: Readonly<Record<string, unknown>>,
  others: readonly Neighbour[],
): string {
  const { stack } = settings;
  const commands = [
    [`npm run preview -- --stack ${stack}`, "what it would make"],
    [`npm run up -- --stack ${stack}`, "make it"],
    [`git add Pulumi.${stack}.yaml`, "settings are committed; what is secret in them is encrypted"],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  return [
    "",
    `✓ Pulumi.${stack}.yaml is written. Nothing is deployed yet.`,
    "",
    `  MLflow   ${endpointsOf(settings).urls.mlflow}`,
    `  Ports    ${inRanges(portsOf(raw) ?? [])}`,
    ...notes(settings, raw, others).map((note) => `  Note     ${note}`),
    "",
    `  Next: add people and teams in Pulumi.${stack}.yaml, then`,
    ...commands.map(([command, what]) => `    ${command.padEnd(width)}    ${what}`),
    "",
  ].join("\n");
}

function notes(
  { stack, acme }: Settings,
  raw: Readonly<Record<string, unknown>>,
  others: readonly Neighbour[],
): string[] {
  const unread = others
    .filter(({ ports }) => ports === undefined)
    .map((other) => `Pulumi.${other.stack}.yaml`);
  return [
    ...sharedPorts(raw, others).map(
      (other) =>
        `${inRanges(other.ports)} also in Pulumi.${other.stack}.yaml: on one machine only one of the two can run`,
    ),
    ...(unread.length === 0
      ? []
      : [`ports of ${unread.join(", ")} are not known, since that file has faults`]),
    ...(acme?.duckdns === undefined
      ? []
      : [
          `whoever deploys ${stack} needs the same passphrase; the one of this clone is in its state folder (npm run status)`,
        ]),
  ];
}
