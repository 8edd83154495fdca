import type { StackOutputs } from "../../../lib/outputs";
import { sampleOutputs } from "../smoke/fixtures";

/** Outputs of a stack of two teams with a service account each. */
export function twoTeams(): StackOutputs {
  const sample = sampleOutputs();
  return {
    ...sample,
    teams: {
      ...sample.teams,
      language: {
        group: "language",
        workspace: "language",
        bucket: "mlflow-language",
        artifactRoot: "s3://mlflow-artifacts/workspaces/language",
        serviceAccounts: [{ clientId: "language-ci", role: "reader" }],
      },
    },
    credentials: {
      ...sample.credentials,
      serviceAccounts: {
        ...sample.credentials.serviceAccounts,
        "language-ci": {
          clientId: "language-ci",
          clientSecret: "not-a-real-secret-7",
          team: "language",
          role: "reader",
        },
      },
    },
  };
}
