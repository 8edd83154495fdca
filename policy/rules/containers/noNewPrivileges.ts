import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, items, texts } from "../../values";

export const noNewPrivileges: Rule = {
  name: "no-new-privileges",
  area: "containers",
  what: "No container may gain privileges, and none leaves the engine's own confinement (seccomp, AppArmor, SELinux).",
  why: "A program with the setuid bit would be root again, and an unconfined one may use every call of the kernel.",
  remedy: "Keep securityOpts at [no-new-privileges:true].",
  types: [TYPES.container],
  check: ({ props }) => {
    const { securityOpts } = props;
    if (items(securityOpts).includes(UNKNOWN)) return [];
    const options = texts(securityOpts).map((option) => option.toLowerCase().replace("=", ":"));
    const set = options.some(
      (option) => option === "no-new-privileges" || option === "no-new-privileges:true",
    );
    const undone = options.some((option) => option === "no-new-privileges:false");
    const unconfined = options.filter((option) => /:unconfined$|^label:disable|^systempaths:/.test(option));
    return [
      ...(set && !undone ? [] : ["it may gain new privileges"]),
      ...unconfined.map((option) => `it leaves the engine's confinement: ${option}`),
    ];
  },
};
