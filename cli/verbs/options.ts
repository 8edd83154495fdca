import { Option } from "commander";

/** The option that picks the environment, the same on every verb. */
export function stackOption(): Option {
  return new Option("-s, --stack <name>", "environment, the NAME of Pulumi.NAME.yaml")
    .env("PULUMI_STACK")
    .default("dev");
}

/** Options that every verb on a stack has. */
export interface StackOptions {
  readonly stack: string;
}
