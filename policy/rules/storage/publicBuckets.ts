import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, text } from "../../values";
import { readDocument } from "./document";

export const publicBuckets: Rule = {
  name: "no-public-buckets",
  area: "storage",
  what: "Every bucket is private: no public ACL, and no bucket policy for everybody.",
  why: "Everybody who reaches the store could read, or fill, a team's artifacts without signing in.",
  remedy: "Keep acl at private. Who needs objects gets a policy of their own, or a signed link.",
  types: [TYPES.bucket, TYPES.bucketPolicy],
  check: ({ type, props }) => {
    if (type === TYPES.bucket) {
      const { acl } = props;
      return acl === UNKNOWN || ["", "private"].includes((text(acl) ?? "").toLowerCase())
        ? []
        : [`its acl is ${text(acl) ?? "?"}`];
    }
    const document = readDocument(props["policy"]);
    if (document === "unknown") return [];
    if (document === "invalid") return ["its policy cannot be read"];
    return document
      .filter(({ allows }) => allows)
      .flatMap(({ principals, keys }) => [
        ...(principals.some((principal) => principal.includes("*"))
          ? ["its policy allows everybody something"]
          : []),
        ...(keys.has("notprincipal")
          ? ["its policy allows everybody but some something (NotPrincipal)"]
          : []),
      ]);
  },
};
