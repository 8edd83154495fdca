import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "../helpers/engine";
import { TestStack } from "../helpers/testStack";
import { audit } from "./teams/audit";
import { client } from "./teams/client";
import { consumer } from "./teams/consumer";
import { drift } from "./teams/drift";
import { deprovisioning } from "./teams/deprovisioning";
import { examples } from "./teams/examples";
import { matrix } from "./teams/matrix";
import { people } from "./teams/people";
import { LANGUAGE, MINUTES, NAME, PORT_BASE, USERS, VISION } from "./teams/scene";
import { teamLife } from "./teams/teamLife";

let stack: TestStack;
const scene = () => ({ stack });

describe("teams", () => {
  beforeAll(async () => {
    stack = await TestStack.open(NAME, {
      ...{ portBase: PORT_BASE, protectData: false },
      ...{ users: USERS, teams: [VISION, LANGUAGE] },
    });
    await stack.up();
  }, 15 * MINUTES);

  afterAll(async () => {
    await stack.remove();
    expect(await leftovers(NAME)).toEqual([]);
  }, 5 * MINUTES);

  it(
    "do their work, whatever script their people's names are written in",
    async () => {
      expect(await stack.smoke()).toEqual([]);
    },
    5 * MINUTES,
  );

  people(scene);
  matrix(scene);
  client(scene);
  examples(scene);
  consumer(scene);
  audit(scene);
  drift(scene);
  deprovisioning(scene);
  teamLife(scene);
});
