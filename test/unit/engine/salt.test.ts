import { createCipheriv, pbkdf2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { opens } from "../../../cli/engine/salt";

/** Written by Pulumi 3.256 under the passphrase `new-passphrase-22`. */
const SALT = "v1:MTvIFwo45Us=:v1:mFwf9xhD0p1u8Rb/:mu9JtqRtwIiZSaiy4aeXB5RraY5vxg==";
/** The same under an empty passphrase, which is one to Pulumi. */
const EMPTY = "v1:9IyjJamwjPY=:v1:sZw3tRnH9ldTut6G:lPhBRVzAZWord7cFKJ94am5bsSXbig==";

describe("a salt", () => {
  it("is opened by its passphrase and no other", async () => {
    expect(await opens(SALT, "new-passphrase-22")).toBe(true);
    expect(await opens(SALT, "new-passphrase-23")).toBe(false);
    expect(await opens(SALT, "")).toBe(false);
  });

  it("may have an empty passphrase", async () => {
    expect(await opens(EMPTY, "")).toBe(true);
    expect(await opens(EMPTY, " ")).toBe(false);
  });

  it("with another word beside it is none of Pulumi's", async () => {
    const salt = Buffer.from("eightlet");
    const key = pbkdf2Sync("a passphrase", salt, 1_000_000, 32, "sha256");
    const [nonce, cipher] = [Buffer.alloc(12, 1), createCipheriv("aes-256-gcm", key, Buffer.alloc(12, 1))];
    const text = Buffer.concat([cipher.update("other"), cipher.final(), cipher.getAuthTag()]);
    const sealed = ["v1", salt, "v1", nonce, text].map((part) =>
      typeof part === "string" ? part : part.toString("base64"),
    );
    expect(await opens(sealed.join(":"), "a passphrase")).toBe(false);
  });

  it.each(["", "v1:", "v2:MTvIFwo45Us=:v1:mFwf9xhD0p1u8Rb/:mu9JtqRtwIiZSaiy4aeXB5RraY5vxg==", "v1:a:v1:b:"])(
    "that is none (%j) is opened by nothing",
    async (text) => {
      expect(await opens(text, "new-passphrase-22")).toBe(false);
    },
  );
});
