import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "../helpers/engine";
import { TestStack } from "../helpers/testStack";
import { policy } from "./change/policy";
import { pullRequest } from "./change/pullRequest";
import { Clone, MINUTES, NAME, SETTINGS } from "./change/scene";

let stack: TestStack;
let clone: Clone;
const scene = () => ({ stack, clone });

/** One stack, and changes of the program that are checked against it: none of those that are refused reaches it. */
describe("a change", () => {
  beforeAll(async () => {
    stack = await TestStack.open(NAME, SETTINGS);
    clone = await Clone.make();
  }, 10 * MINUTES);

  afterAll(async () => {
    stack.configure(SETTINGS);
    await stack.remove();
    clone.remove();
    expect(await leftovers(NAME)).toEqual([]);
  }, 10 * MINUTES);

  it(
    "that is none passes the policy",
    async () => {
      expect(await stack.up()).toContain(`Stack ${NAME} is up`);
      const preview = await stack.succeeds("preview");
      expect(preview).toContain("No changes");
      expect(preview).not.toContain("The policy");
    },
    15 * MINUTES,
  );

  pullRequest(scene);
  policy(scene);
});
