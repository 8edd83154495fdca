import { describe, expect, it } from "vitest";
import { groupsOfRole, roleGroups, roleOf, rolesIn } from "../../../lib/teams";
import { sampleSettings } from "../../helpers/settings";

const team = (changed: object) => {
  const [first] = sampleSettings({ teams: [{ name: "vision", ...changed }] }).teams;
  if (first === undefined) throw new Error("no team");
  return first;
};

describe("the roles of a team", () => {
  it("are that of members, and those that somebody holds", () => {
    expect(rolesIn(team({}))).toEqual(["member"]);
    expect(rolesIn(team({ admins: ["ada"], readers: ["nora"] }))).toEqual(["member", "admin", "reader"]);
    expect(rolesIn(team({ serviceAccounts: ["ci", { name: "report", role: "reader" }] }))).toEqual([
      "member",
      "reader",
    ]);
  });

  it("have a group each, with the policies of its bucket and the one of ended access", () => {
    expect(roleGroups(team({ admins: ["ada"] }))).toEqual([
      { team: "vision", role: "member", group: "vision", policies: ["team-vision", "revoked"] },
      { team: "vision", role: "admin", group: "vision.admins", policies: ["admin-vision", "revoked"] },
    ]);
  });

  it("are one for each person: administrators are members as well, readers are not", () => {
    const own = team({ members: ["vera"], admins: ["ada"], readers: ["nora"] });
    expect(["vera", "ada", "nora", "luis"].map((name) => roleOf(own, name))).toEqual([
      "member",
      "admin",
      "reader",
      undefined,
    ]);
    expect(groupsOfRole("vision", "admin")).toEqual(["vision", "vision.admins"]);
    expect(groupsOfRole("vision", "reader")).toEqual(["vision.readers"]);
  });
});
