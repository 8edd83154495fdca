import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { Client } from "minio";
import { serviceImage } from "./serviceImage";
import { until } from "./until";

/** An S3-compatible store of a test's own: MinIO as this project builds it, on a loopback port, with one bucket. */
export class ObjectStore {
  private constructor(
    private readonly container: Docker.Container,
    private readonly client: Client,
    private readonly bucket: string,
    /** Address of the bucket as a Pulumi backend. */
    public readonly url: string,
    /** Credentials for it, as the AWS SDK reads them. */
    public readonly env: Readonly<Record<string, string>>,
  ) {}

  /**
   * Starts it, with random credentials and nothing in it.
   *
   * @param name - of the container
   * @param port - on the loopback address
   */
  public static async start(name: string, port: number): Promise<ObjectStore> {
    const engine = new Docker();
    const image = await serviceImage("minio");
    await engine
      .getContainer(name)
      .remove({ force: true, v: true })
      .catch(() => undefined);
    const [user, password, bucket] = ["states", randomBytes(24).toString("base64url"), "states"];
    const container = await engine.createContainer({
      name,
      Image: image,
      Cmd: ["server", "/data", "--address", ":9000"],
      Env: [`MINIO_ROOT_USER=${user}`, `MINIO_ROOT_PASSWORD=${password}`],
      ExposedPorts: { "9000/tcp": {} },
      HostConfig: { PortBindings: { "9000/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] } },
    });
    await container.start();
    const client = new Client({
      endPoint: "127.0.0.1",
      port,
      useSSL: false,
      accessKey: user,
      secretKey: password,
      region: "us-east-1",
    });
    const answers = (): Promise<boolean> =>
      client.listBuckets().then(
        () => true,
        () => false,
      );
    await until(answers, 60_000);
    await client.makeBucket(bucket);
    return new ObjectStore(
      container,
      client,
      bucket,
      `s3://${bucket}?endpoint=http://127.0.0.1:${port}&region=us-east-1&s3ForcePathStyle=true&request_checksum_calculation=when_supported`,
      { AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: password },
    );
  }

  /** Writes an object. */
  public async put(key: string, text: string): Promise<void> {
    await this.client.putObject(this.bucket, key, text);
  }

  /** Keys of all objects below a prefix. */
  public async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { name } of this.client.listObjectsV2(this.bucket, prefix, true) as AsyncIterable<{
      readonly name?: string;
    }>) {
      if (name !== undefined) keys.push(name);
    }
    return keys;
  }

  /** Removes it with all that is in it. */
  public async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }
}
