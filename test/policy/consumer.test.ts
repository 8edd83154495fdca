import * as keycloak from "@pulumi/keycloak";
import * as minio from "@pulumi/minio";
import { describe, expect, it } from "vitest";
import { TeamAccount } from "../../examples/consumer/account";
import { teamOf } from "../../examples/consumer/platform";
import { Judge } from "../../policy/judge";
import { recordedResources } from "../../policy/recorded";
import { RULES } from "../../policy/rules";
import { stackFacts } from "../../policy/stack";
import { record } from "../helpers/harness";
import { twoTeams } from "../unit/outputs/fixtures";

describe("the example of a team's own program", () => {
  it("keeps to the platform's policy, as in somebody's environment", async () => {
    const outputs = twoTeams();
    const recording = await record(() => {
      new TeamAccount("account", {
        ...{ outputs, team: teamOf(outputs, "vision"), account: "vision-nightly", prefix: "vision-nightly/" },
        ...{ keycloak: new keycloak.Provider("keycloak"), minio: new minio.Provider("minio") },
      });
    });
    const judge = new Judge(stackFacts("prod", undefined), [], "2027-01-01");
    const resources = recordedResources(recording);
    expect(resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["account-client", "account-policy"]),
    );
    // Which types there may be is said of the platform's own program; all that is said of their content holds here too.
    const rules = RULES.filter(({ name }) => name !== "known-types");
    const found = resources.flatMap((resource) => judge.check(resource, rules));
    expect(found.map(({ rule, resource, detail }) => `${rule.name} ${resource}: ${detail}`)).toEqual([]);
  });
});
