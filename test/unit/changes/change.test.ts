import { describe, expect, it } from "vitest";
import { ChangeCollector, type ResourceChange } from "../../../lib/changes/change";
import { redaction } from "../../../lib/changes/secrets";
import { type StepFacts, UNKNOWN, ended, secretValue, step } from "./events";

const VOLUME = "docker:index/volume:Volume";
const update = { diffKind: "update", inputDiff: false };

function changesOf(...steps: StepFacts[]): readonly ResourceChange[] {
  const collector = new ChangeCollector(redaction());
  for (const facts of steps) collector.accept(step(facts));
  return collector.changes();
}

function only(...steps: StepFacts[]): ResourceChange {
  const [change, ...more] = changesOf(...steps);
  if (change === undefined || more.length > 0) throw new Error("not one change");
  return change;
}

describe("changes from the engine's events", () => {
  it("says what differs: the old value as the provider gave it, the new one as it is declared", () => {
    const change = only({
      op: "update",
      old: { inputs: { memory: 1 }, outputs: { memory: 512, image: "sha256:a" } },
      new: { inputs: { memory: 768, image: "sha256:a" } },
      diffs: ["memory"],
      detailedDiff: { memory: update },
    });
    expect(change).toEqual({
      op: "update",
      urn: "urn:pulumi:t::mlflow-platform::docker:index/container:Container::nginx-container",
      type: "docker:index/container:Container",
      name: "nginx-container",
      properties: [{ path: "memory", before: "512", after: "768", secret: false, replaces: false }],
      holdsData: false,
      kept: false,
    });
  });

  it("takes the old input where the provider compared inputs", () => {
    const change = only({
      op: "update",
      old: { inputs: { memory: 512 }, outputs: { memory: 1 } },
      new: { inputs: { memory: 768 } },
      detailedDiff: { memory: { diffKind: "update", inputDiff: true } },
    });
    expect(change.properties[0]?.before).toBe("512");
  });

  it("shows of a whole object nothing whose name says that it is a secret", () => {
    const added = {
      credentials: { value: "hunter2-one" },
      nested: [{ tokens: ["hunter2-two"], dbpassword: "hunter2-three", port: 1, secret: null }],
    };
    const [property] = only({
      op: "update",
      old: { outputs: {} },
      new: { inputs: { added } },
      detailedDiff: { added: { diffKind: "add", inputDiff: false } },
    }).properties;
    expect(property?.after).toBe(
      '{"credentials":"[secret]","nested":[{"tokens":"[secret]","dbpassword":"[secret]","port":1,"secret":null}]}',
    );
  });

  it("goes down to the smallest part that differs", () => {
    const change = only({
      op: "update",
      old: { outputs: { labels: { a: "1", b: "2", "x.y": "1" }, ports: [{ ip: "127.0.0.1" }] } },
      new: { inputs: { labels: { a: "1", b: "3", "x.y": "2" }, ports: [{ ip: "0.0.0.0" }, { ip: "::1" }] } },
      diffs: ["labels", "ports"],
    });
    expect(change.properties).toEqual([
      { path: "labels.b", before: "2", after: "3", secret: false, replaces: false },
      { path: 'labels["x.y"]', before: "1", after: "2", secret: false, replaces: false },
      { path: "ports[0].ip", before: "127.0.0.1", after: "0.0.0.0", secret: false, replaces: false },
      { path: "ports[1]", after: '{"ip":"::1"}', secret: false, replaces: false },
    ]);
  });

  it("says what is added, what is taken away, and what is known only later", () => {
    const change = only({
      op: "update",
      old: { outputs: { gone: "x", image: "sha256:a" } },
      new: { inputs: { fresh: "y", image: UNKNOWN } },
      detailedDiff: {
        gone: { ...update, diffKind: "delete" },
        fresh: { ...update, diffKind: "add" },
        image: update,
      },
    });
    expect(change.properties.map(({ path, before, after }) => [path, before, after])).toEqual([
      ["fresh", undefined, "y"],
      ["gone", "x", undefined],
      ["image", "sha256:a", "(known after up)"],
    ]);
  });

  it("counts a replacement once, whatever steps it takes, with what forces it", () => {
    const facts = {
      type: VOLUME,
      name: "postgres-data",
      above: ["mlflow-platform:postgres:Postgres"],
      old: { outputs: { name: "a", labels: [] } },
      new: { inputs: { name: "b", labels: [] } },
      keys: ["name"],
      diffs: ["name"],
      detailedDiff: { name: { diffKind: "update-replace", inputDiff: false } },
    };
    for (const order of [
      ["create-replacement", "replace", "delete-replaced"],
      ["delete-replaced", "replace", "create-replacement"],
    ]) {
      const change = only(
        ...order.map((op) =>
          op === "delete-replaced"
            ? { ...facts, op, detailedDiff: {}, keys: [], diffs: [] }
            : { ...facts, op },
        ),
      );
      expect(change).toMatchObject({
        op: "replace",
        holdsData: true,
        data: "volume of all databases: runs, models, accounts, grants and the realm",
        properties: [{ path: "name", before: "a", after: "b", replaces: true }],
      });
    }
  });

  it("counts the end of an earlier replacement: the old one goes only now", () => {
    expect(
      only({ op: "delete-replaced", type: VOLUME, name: "minio-data", old: { outputs: {} } }),
    ).toMatchObject({
      op: "replace",
      holdsData: true,
    });
  });

  it("takes a replacement's reason from the keys as well", () => {
    const change = only({
      op: "replace",
      old: { outputs: { image: "a" } },
      new: { inputs: { image: "b" } },
      keys: ["image"],
    });
    expect(change.properties).toEqual([
      { path: "image", before: "a", after: "b", secret: false, replaces: true },
    ]);
  });

  it("shows what is declared of something new, and nothing of what goes", () => {
    expect(only({ op: "create", new: { inputs: { name: "x", __defaults: [] } } }).properties).toEqual([
      { path: "name", after: "x", secret: false, replaces: false },
    ]);
    expect(only({ op: "delete", old: { inputs: { name: "x" }, outputs: { name: "x" } } }).properties).toEqual(
      [],
    );
  });

  it("leaves out the engine's notes, however deep they are", () => {
    const labels = (value: string): object[] => [{ __defaults: ["x"], label: "l", value }];
    expect(only({ op: "create", new: { inputs: { labels: labels("a") } } }).properties[0]?.after).toBe(
      '[{"label":"l","value":"a"}]',
    );
    const updated = only({
      op: "update",
      old: { outputs: { labels: [{ label: "l", value: "a" }] } },
      new: { inputs: { labels: labels("b") } },
      diffs: ["labels"],
    });
    expect(updated.properties.map(({ path }) => path)).toEqual(["labels[0].value"]);
  });

  it("leaves out what does not change, what is only read, components, providers and the stack", () => {
    const steps = ["same", "read", "refresh", "remove-pending-replace", "discard"].map((op) => ({ op }));
    const plumbing = ["mlflow-platform:nginx:Nginx", "pulumi:providers:docker", "pulumi:pulumi:Stack"];
    expect(changesOf(...steps, ...plumbing.map((type) => ({ op: "update", type })))).toEqual([]);
  });

  it("says whether what goes is kept all the same", () => {
    const bucket = { op: "delete", type: "minio:index/s3Bucket:S3Bucket", name: "b" };
    const workspace = { op: "delete", type: "pulumi-nodejs:dynamic/mlflow-platform:Workspace", name: "w" };
    expect(only({ ...bucket, old: { retainOnDelete: true } }).kept).toBe(true);
    expect(only({ ...bucket, old: {} }).kept).toBe(false);
    expect(only({ ...workspace, old: { inputs: { retain: true } } }).kept).toBe(true);
    expect(only({ ...workspace, old: { inputs: {} } }).kept).toBe(true);
    expect(only({ ...workspace, old: { inputs: { retain: false } } }).kept).toBe(false);
    // A replacement leaves the old one where nobody looks for it.
    expect(only({ ...bucket, op: "replace", old: { retainOnDelete: true } }).kept).toBe(false);
  });
});

describe("secrets in changes", () => {
  it("never shows what the engine keeps secret, nor what lies below it", () => {
    const change = only({
      op: "update",
      old: { outputs: { uploads: secretValue, envs: ["A=1", secretValue] } },
      new: { inputs: { uploads: secretValue, envs: ["A=1", "B=now-plain-text"] } },
      detailedDiff: { "uploads[0].content": update, envs: update },
    });
    expect(change.properties).toEqual([
      { path: "envs[1]", before: "[secret]", after: "[secret]", secret: true, replaces: false },
      { path: "uploads[0].content", before: "[secret]", after: "[secret]", secret: true, replaces: false },
    ]);
    expect(JSON.stringify(change)).not.toContain("now-plain-text");
  });

  it("does not show what something was before it became a secret, nor a list with one in it", () => {
    const change = only({
      op: "update",
      old: { outputs: { value: "was-open" } },
      new: { inputs: { value: secretValue, list: ["open", secretValue] } },
      diffs: ["list", "value"],
    });
    expect(change.properties).toEqual([
      { path: "list", after: "[secret]", secret: true, replaces: false },
      { path: "value", before: "[secret]", after: "[secret]", secret: true, replaces: false },
    ]);
  });

  it("never shows a text whose name says that it is a secret; switches are none", () => {
    const change = only({
      op: "update",
      old: {
        outputs: { clientSecret: "one-that-is-plain", initialPassword: { value: "abc", temporary: true } },
      },
      new: { inputs: { clientSecret: "another", initialPassword: { value: "def", temporary: false } } },
      diffs: ["clientSecret", "initialPassword"],
    });
    expect(change.properties).toEqual([
      { path: "clientSecret", before: "[secret]", after: "[secret]", secret: true, replaces: false },
      { path: "initialPassword.temporary", before: "true", after: "false", secret: false, replaces: false },
      { path: "initialPassword.value", before: "[secret]", after: "[secret]", secret: true, replaces: false },
    ]);
  });

  it("takes known secrets out of values and names", () => {
    const collector = new ChangeCollector(redaction(["k8Jq2mZx90Lw"]));
    collector.accept(
      step({
        op: "update",
        name: "named-k8Jq2mZx90Lw",
        old: { outputs: { command: ["run", "--with=k8Jq2mZx90Lw"] } },
        new: { inputs: { command: ["run"] } },
        diffs: ["command"],
      }),
    );
    expect(JSON.stringify(collector.changes())).not.toContain("k8Jq2mZx90Lw");
    expect(collector.changes()[0]?.properties[0]?.before).toBe("--with=[secret]");
  });
});

describe("what a refresh finds", () => {
  it("is apart from what `up` would do about it", () => {
    const collector = new ChangeCollector(redaction());
    const client = { type: "keycloak:openid/client:Client", name: "identity-clients-mlflow" };
    const [declared, byHand] = [["https://a/callback"], ["https://a/callback", "https://evil/*"]];
    collector.accept(step({ op: "refresh", ...client }));
    collector.accept(
      ended({
        op: "update",
        ...client,
        old: { inputs: { validRedirectUris: declared }, outputs: { validRedirectUris: declared } },
        new: { inputs: { validRedirectUris: byHand }, outputs: { validRedirectUris: byHand } },
        detailedDiff: { "validRedirectUris[1]": { diffKind: "add", inputDiff: false } },
      }),
    );
    expect(collector.changes()).toEqual([]);
    collector.accept(
      step({
        op: "update",
        ...client,
        old: { outputs: { validRedirectUris: byHand } },
        new: { inputs: { validRedirectUris: declared } },
        detailedDiff: { "validRedirectUris[1]": { diffKind: "delete", inputDiff: false } },
      }),
    );
    expect(collector.found()[0]?.properties).toEqual([
      { path: "validRedirectUris[1]", after: "https://evil/*", secret: false, replaces: false },
    ]);
    expect(collector.changes()[0]?.properties).toEqual([
      { path: "validRedirectUris[1]", before: "https://evil/*", secret: false, replaces: false },
    ]);
  });

  it("tells what is gone, and nothing where all is as it was", () => {
    const collector = new ChangeCollector(redaction());
    for (const name of ["gone", "there"]) collector.accept(step({ op: "refresh", name }));
    collector.accept(ended({ op: "delete", name: "gone", old: { outputs: {} } }));
    collector.accept(ended({ op: "same", name: "there" }));
    // The end of a step that changes something is no finding.
    collector.accept(ended({ op: "update", name: "there" }));
    expect(collector.found().map(({ op, name }) => `${op} ${name}`)).toEqual(["delete gone"]);
  });
});
