import { join } from "node:path";
import type Docker from "dockerode";
import { caBundle, pipConfig, putText } from "../../cli/bootstrap/artifactsHost";
import { checkout } from "../../cli/paths";
import { SERVICES, type Service, imageReference } from "../../images/catalogue";
import { contentHash, readContext } from "../../images/contentHash";
import { buildImage } from "./buildImage";
import { serviceImage } from "./serviceImage";

const CONTEXT = join(checkout, "test/python");

/** What the stack gives a service, see components/workload.ts; and no network. */
export const HARDENED: Docker.HostConfig = {
  NetworkMode: "none",
  ReadonlyRootfs: true,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges:true"],
  Tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
};

/**
 * The image with a Python service's own tests, from `test/python/<service>`: the service's very image with pytest
 * beside it. What is missing is built.
 *
 * @returns its reference
 * @throws Error with the engine's reason when a build fails
 */
export async function ownTestsImage(service: Service): Promise<string> {
  await putText(await caBundle(), join(CONTEXT, ".artifacts/ca-certificates.crt"));
  await putText(await pipConfig(), join(CONTEXT, ".artifacts/pip.conf"));
  const IMAGE = await serviceImage(service);
  const others = SERVICES.filter((one) => one !== service);
  const files = readContext(CONTEXT).filter(({ path }) => !others.some((one) => path.startsWith(`${one}/`)));
  const hash = contentHash(files, [`service ${imageReference(service).contextHash}`]);
  const image = `mlflow-platform-test/${service}:${hash.slice(0, 12)}`;
  await buildImage(CONTEXT, image, { IMAGE, SERVICE: service });
  return image;
}
