import Docker from "dockerode";
import { objectName } from "../../../lib/names";
import { acmeImage } from "../../helpers/acme/image";
import { runOnce } from "../../helpers/containers";
import { NAME, container } from "./scene";

/** Runs a shell script on the published certificates with the job's rights, while the job itself may be frozen. */
export async function asVolumeOwner(script: string): Promise<void> {
  const { exitCode, stderr } = await runOnce({
    Image: await acmeImage(),
    Cmd: ["bash", "-c", script],
    User: "10002:101",
    HostConfig: { Binds: [`${objectName(NAME, "certificates-data")}:/certificates`], NetworkMode: "none" },
  });
  if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
}

/** Loses volumes, and with them the containers that use them. */
export async function loseVolumes(volumes: readonly string[]): Promise<void> {
  const engine = new Docker();
  for (const service of ["certbot", "nginx"]) await container(service).remove({ force: true });
  for (const volume of volumes) await engine.getVolume(objectName(NAME, volume)).remove();
}
