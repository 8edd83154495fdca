import { z } from "zod";
import { ROLES } from "../../config/schema";
import { UserError } from "../errors";

const url = z.url();
const client = z.object({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
const account = z.object({ username: z.string().min(1), password: z.string().min(1) });

/**
 * What the smoke test reads of a stack: its outputs, as they are documented in the README, and nothing else.
 * Keys that it does not need are ignored, so that new outputs never break it.
 */
export const stackOutputsSchema = z.object({
  urls: z.object({ mlflow: url, auth: url, s3: url, console: url }),
  oidc: z.object({
    issuer: url,
    realm: z.string().min(1),
    clientId: z.string().min(1),
    cliClientId: z.string().min(1),
    audience: z.string().min(1),
  }),
  teams: z.record(
    z.string(),
    z.object({
      group: z.string().min(1),
      workspace: z.string().min(1),
      bucket: z.string().min(1),
      artifactRoot: z.string().regex(/^s3:\/\/[^/]+(\/.*)?$/, "s3://<bucket>/<prefix>"),
    }),
  ),
  s3: z.object({ endpoint: url, region: z.string().min(1) }),
  clientEnv: z.record(z.string(), z.string()),
  credentials: z.object({
    keycloakAdmin: account,
    serviceAccounts: z.record(z.string(), client.extend({ team: z.string(), role: z.enum(ROLES) })),
    minioRoot: account,
    provisioner: client,
  }),
  certificates: z.object({
    mode: z.enum(["http", "self-signed", "acme"]),
    /** The stack's own CA, PEM; in self-signed mode only. */
    ca: z.string().optional(),
  }),
  images: z.object({ mlflow: z.string().min(1) }),
  providerEndpoints: z.object({ postgres: z.string(), keycloak: url, minio: url, mlflow: url }),
  settings: z.object({
    stack: z.string().min(1),
    artifacts: z.enum(["proxied", "direct"]),
    dockerHost: z.string().optional(),
    /** Port of plain http, which leads to https; in https modes only. */
    httpPort: z.number().optional(),
    bindAddresses: z.array(z.string()).optional(),
  }),
});

/** Outputs of one deployed stack. Holds secrets: never print it. */
export type StackOutputs = z.output<typeof stackOutputsSchema>;

/** Whether a stack is reached by https. */
export function isSecure({ certificates }: StackOutputs): boolean {
  return certificates.mode !== "http";
}

/**
 * Checks that a stack has every output that the smoke test reads.
 *
 * @param raw - outputs as the engine gives them, secrets in clear
 * @param stack - the stack's name, for the error
 * @throws UserError naming each output that is missing or malformed, never its value
 */
export function parseOutputs(raw: unknown, stack: string): StackOutputs {
  const result = stackOutputsSchema.safeParse(raw);
  if (result.success) {
    return result.data;
  }
  const faults = result.error.issues.map((issue) => `  ${issue.path.join(".") || "(all)"}: ${issue.message}`);
  throw new UserError(
    [`The outputs of stack ${stack} are incomplete, so there is nothing to test yet:`, ...faults].join("\n"),
    `npm run up -- --stack ${stack}`,
  );
}
