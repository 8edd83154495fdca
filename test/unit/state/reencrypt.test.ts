import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { StackConfig } from "../../../cli/engine/stack";
import { withCiphertexts } from "../../../cli/state/reencrypt";

const TEXT = `# Who may see this: everyone.
encryptionsalt: v1:old:v1:salt:word
config:
  mlflow-platform:portBase: 8080   # the usual
  mlflow-platform:duckdnsToken:
    secure: v1:old:token
  mlflow-platform:users:
    - name: ada
      password: { secure: 'v1:old:password' }
`;
const content = (text: string): StackConfig => parse(text) as StackConfig;

describe("new ciphertexts in a stack file", () => {
  it("replace the old ones and nothing else, down to comments and quotes", () => {
    const wanted = TEXT.replaceAll("v1:old:", "v1:new:");
    expect(withCiphertexts(TEXT, content(TEXT), content(wanted))).toBe(wanted);
  });

  it("leave settings as they are that were changed meanwhile", () => {
    const edited = TEXT.replace("8080", "9090");
    const after = content(TEXT.replaceAll("v1:old:", "v1:new:"));
    expect(withCiphertexts(edited, content(edited), after)).toBe(edited.replaceAll("v1:old:", "v1:new:"));
  });

  it("are not written when one of them is missing", () => {
    const after = content(TEXT.replaceAll("v1:old:", "v1:new:").replace("duckdnsToken", "token"));
    expect(() => withCiphertexts(TEXT, content(TEXT), after)).toThrow("/mlflow-platform:duckdnsToken/secure");
  });

  it("are not written when an old one does not stand in the file as it is", () => {
    const after = content(TEXT.replaceAll("v1:old:", "v1:new:"));
    const escaped = TEXT.replace("secure: v1:old:token", 'secure: "v1:\\u006fld:token"');
    expect(content(escaped)).toEqual(content(TEXT));
    expect(() => withCiphertexts(escaped, content(escaped), after)).toThrow("was not found again");
  });
});
