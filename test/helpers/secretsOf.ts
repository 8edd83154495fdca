import type { StackOutputs } from "../../cli/smoke";

/** Every generated secret in a stack's outputs, for tests that look whether one is shown somewhere. */
export function secretsOf({ credentials }: StackOutputs): string[] {
  const { keycloakAdmin, users, serviceAccounts, provisioner, minioRoot, postgres } = credentials;
  return [
    ...[keycloakAdmin, minioRoot, postgres].map(({ password }) => password),
    ...[provisioner, ...Object.values(serviceAccounts)].map(({ clientSecret }) => clientSecret),
    ...Object.values(users),
  ];
}
