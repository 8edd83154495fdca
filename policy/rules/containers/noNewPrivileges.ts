import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, items, texts } from "../../values";

/** The one thing that may be said. All else gives privileges back, or leaves a part of the engine's confinement. */
const KEPT = /^no-new-privileges([:=]true)?$/;
/** Letters of an option that are shown: a profile of seccomp may be written out in it. */
const SHOWN = 60;

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
    const options = texts(securityOpts);
    return [
      ...(options.some((option) => KEPT.test(option)) ? [] : ["it may gain new privileges"]),
      ...options.flatMap((option) =>
        KEPT.test(option) ? [] : [`it may leave the engine's confinement by ${option.slice(0, SHOWN)}`],
      ),
    ];
  },
};
