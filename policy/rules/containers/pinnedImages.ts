import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, fields, isSet, shownAddress, text, texts } from "../../values";

const DIGEST = /@sha256:[0-9a-f]{64}$/;
/** Id of an image as the engine gives it; the hexadecimal digits alone mean the same. */
const ID = /^(sha256:)?[0-9a-f]{64}$/;

export const pinnedImages: Rule = {
  name: "pinned-images",
  area: "containers",
  what: "Containers run an image by its id or digest; images are built here, or pulled by digest.",
  why: "A tag such as `latest` names another program tomorrow, and nobody sees the change in a preview.",
  remedy: "Use `platform.image(service)`, or write the image in the settings as `repo:tag@sha256:…`.",
  types: [TYPES.container, TYPES.image],
  check: ({ type, props }) => {
    const { image, name, build } = props;
    if (type === TYPES.image) {
      const { remoteContext, additionalContexts } = fields(build);
      const others = [...texts(remoteContext), ...texts(additionalContexts)].filter((from) => from !== "");
      if (others.length > 0)
        return others.map((from) => `it is built from ${shownAddress(from)}, which may change`);
      if (isSet(build) || name === UNKNOWN) return [];
      return DIGEST.test(text(name) ?? "")
        ? []
        : [`it is pulled as ${text(name) ?? "nothing"}, without a digest`];
    }
    if (image === UNKNOWN) return [];
    const used = text(image) ?? "";
    return ID.test(used) || DIGEST.test(used)
      ? []
      : [`its image is ${used || "not named"}, without id or digest`];
  },
};
