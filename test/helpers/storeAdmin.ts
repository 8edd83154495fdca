import { adminS3 } from "../../cli/smoke/objects";
import type { StackOutputs } from "../../cli/smoke/outputs";

/**
 * Calls the object store's administration as its root.
 *
 * @param call - such as `add-canned-policy`
 * @param query - without a leading `?`
 * @returns the answer's body
 */
export async function adminCall(
  outputs: StackOutputs,
  method: "GET" | "PUT",
  call: string,
  query: string,
  body = "",
): Promise<string> {
  // The administration is below a path that looks like a bucket's, and takes the same signatures.
  const answer = await adminS3(outputs).makeRequestAsync(
    { method, bucketName: "minio", objectName: `admin/v3/${call}`, query },
    body,
    [200],
  );
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}
