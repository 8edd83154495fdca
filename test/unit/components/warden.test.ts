import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { STS_DURATION } from "../../../lib/minioEnv";
import { wardenEnv } from "../../../lib/wardenEnv";
import { record } from "../../helpers/harness";
import type { Recording } from "../../helpers/recording";
import { sampleSettings } from "../../helpers/settings";

let dev: Recording;

beforeAll(async () => {
  dev = await record(() => deploy(sampleSettings()));
}, 60_000);

describe("the warden", () => {
  it("waits for tokens and credentials as long as they live", () => {
    const env = wardenEnv({ realm: "mlflow-dev", issuer: "http://localhost:8081/realms/mlflow-dev" });
    const { accessTokenLifespan } = dev.get("Realm", "identity-realm").inputs;
    expect(accessTokenLifespan).toBe(`${Number(env["TOKEN_SECONDS"]) / 60}m`);
    expect(STS_DURATION).toBe(`${Number(env["CREDENTIAL_SECONDS"]) / 3600}h`);
  });

  it("has a key that can end credentials and write policies, and reach no object", () => {
    const { policy } = dev.get("IamPolicy", "warden-store-policy").inputs;
    expect(JSON.parse(String(policy))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["admin:CreatePolicy", "admin:GetPolicy", "admin:RemoveServiceAccount"],
        },
      ],
    });
  });

  it("only reads the realm", () => {
    const roles = dev.ofType("ClientServiceAccountRole").filter(({ name }) => name.includes("-warden-"));
    expect(roles.map(({ inputs }) => inputs["role"])).toEqual(["view-clients", "view-events", "view-users"]);
  });

  it("is never the account of a person, nor changed by itself", () => {
    const env = wardenEnv({ realm: "r", issuer: "i" });
    const { envs } = dev.get("Container", "mlflow-container").inputs;
    expect(envs).toContain(`PLATFORM_ADMINISTRATORS=${env["OWN_ACCOUNTS"] ?? ""}`);
    expect(env["OWN_ACCOUNTS"]).toContain("service-account-mlflow-warden");
  });
});
