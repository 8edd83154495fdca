import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "../helpers/engine";
import { TestStack } from "../helpers/testStack";
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
  teamLife(scene);
});
