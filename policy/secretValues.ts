import { type Properties, text } from "./values";

/** Outputs of resources that are secrets, by type. */
const GENERATED: Readonly<Record<string, readonly string[]>> = {
  "random:index/randomPassword:RandomPassword": ["result", "bcryptHash"],
  "tls:index/privateKey:PrivateKey": ["privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"],
};

/** The generated secrets of a stack, as far as they are known. */
export function secretsIn(
  resources: readonly { readonly type: string; readonly props: Properties }[],
): readonly string[] {
  return resources.flatMap(({ type, props }) =>
    (GENERATED[type] ?? []).flatMap((key) => {
      const value = text(props[key]);
      return value === undefined ? [] : [value];
    }),
  );
}
