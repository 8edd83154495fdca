import { appendFileSync, cpSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../cli/paths";
import { cli } from "../helpers/cli";
import { copyOfCheckout } from "../helpers/copyOfCheckout";
import { leftovers } from "../helpers/engine";
import { sandbox, twoTeams } from "../helpers/stackFile";

const NAME = "faults";
const PORT_BASE = 9230;
const MINUTES = 60_000;
const place = sandbox();
const good = twoTeams(PORT_BASE);

/** Every error names its cause and a next command; nothing of a stack trace is shown. */
function expectReadable(output: string): void {
  expect(output).toMatch(/✗ /);
  expect(output).toMatch(/Next: |then: npm run /);
  expect(output).not.toMatch(/^\s+at .+\(.+:\d+:\d+\)/m);
}

describe("what goes wrong is told with cause and next command", () => {
  beforeAll(async () => {
    place.configure(NAME, good);
    // What a run that was killed before may have left.
    const { output } = await cli(["down", "--stack", NAME, "--delete-data", "--yes"], place.env);
    expect(output).toContain(`✓ Stack ${NAME} is gone`);
  }, 2 * MINUTES);
  afterAll(() => place.remove());

  it("all faults of the configuration at once, before anything is touched", async () => {
    place.configure("broken", {
      ...good,
      colour: "blue",
      portBase: 80,
      teams: [
        { name: "vision", members: ["vera", "nobody"] },
        { name: "vision", members: [] },
        { name: "Not_A_Bucket", members: [] },
      ],
    });
    const { exitCode, output } = await cli(["up", "--stack", "broken"], place.env);
    expect(exitCode).toBe(2);
    expectReadable(output);
    for (const fault of [
      "mlflow-platform:colour: this key is not known",
      "mlflow-platform:portBase: below 1024",
      "mlflow-platform:teams[0].members[1]: nobody of that name is declared",
      "mlflow-platform:teams[1].name: the team vision is declared already",
      "mlflow-platform:teams[2].name: a team's name is part of a bucket's",
    ]) {
      expect(output).toContain(fault);
    }
    expect(await leftovers("broken")).toEqual([]);
  });

  it("a stack without settings", async () => {
    const { exitCode, output } = await cli(["up", "--stack", "elsewhere"], place.env);
    expect(exitCode).toBe(2);
    expectReadable(output);
    expect(output).toContain("There is no Pulumi.elsewhere.yaml");
  });

  it("an unknown verb or option", async () => {
    expect((await cli(["upp"], place.env)).exitCode).toBe(2);
    expect((await cli(["up", "--fast"], place.env)).exitCode).toBe(2);
  });

  it("a port that somebody else holds", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(PORT_BASE + 1, "127.0.0.1", resolve));
    try {
      const { exitCode, output } = await cli(["up", "--stack", NAME], place.env);
      expect(exitCode).toBe(3);
      expectReadable(output);
      expect(output).toContain(String(PORT_BASE + 1));
      expect(await leftovers(NAME)).toEqual([]);
    } finally {
      holder.close();
    }
  });

  it("not enough disk, not enough memory: both at once", async () => {
    const { exitCode, output } = await cli(["up", "--stack", NAME], {
      ...place.env,
      MLFLOW_PLATFORM_MIN_DISK_GIB: "100000",
      MLFLOW_PLATFORM_MIN_MEMORY_GIB: "100000",
    });
    expect(exitCode).toBe(3);
    expectReadable(output);
    expect(output).toMatch(/memory: .* 100000 GiB are needed/);
    expect(output).toMatch(/disk.* 100000 GiB/);
  });

  it("want of room does not keep from removing", async () => {
    const { exitCode, output } = await cli(["down", "--delete-data", "--yes", "--stack", NAME], {
      ...place.env,
      MLFLOW_PLATFORM_MIN_DISK_GIB: "100000",
      MLFLOW_PLATFORM_MIN_MEMORY_GIB: "100000",
    });
    expect(exitCode, output).toBe(0);
    expect(output).toContain("is gone");
  });

  it(
    "an engine that cannot be reached",
    async () => {
      const { exitCode, output } = await cli(["up", "--stack", NAME], {
        ...place.env,
        DOCKER_HOST: "tcp://127.0.0.1:9",
      });
      expect(exitCode).not.toBe(0);
      expectReadable(output);
      expect(output).toContain("127.0.0.1:9");
    },
    MINUTES,
  );

  it(
    "a wrong passphrase",
    async () => {
      const first = await cli(["preview", "--stack", NAME], {
        ...place.env,
        PULUMI_CONFIG_PASSPHRASE: "right",
      });
      expect(first.output).toContain("to create");
      expect(first.exitCode).toBe(0);
      const { exitCode, output } = await cli(["preview", "--stack", NAME], {
        ...place.env,
        PULUMI_CONFIG_PASSPHRASE: "wrong",
      });
      expect(exitCode).toBe(1);
      expectReadable(output);
      expect(output).toContain("The passphrase does not open this stack's secrets");
    },
    2 * MINUTES,
  );

  it(
    "an image that cannot be built for want of a network; the next run goes on",
    async () => {
      const copy = copyOfCheckout();
      const env = { ...place.env, PULUMI_CONFIG_PASSPHRASE: "right" };
      const up = ["up", "--stack", NAME];
      const down = ["down", "--stack", NAME, "--delete-data", "--yes"];
      try {
        // A mirror that nobody serves, as behind a network that is down.
        appendFileSync(
          join(copy, "images", "nginx", "Dockerfile"),
          "\nUSER root\nRUN apt-get -o Acquire::Retries=0 -o Acquire::http::Proxy=http://127.0.0.1:9 --error-on=any update\n",
        );
        const failed = await cli(up, env, copy);
        expect(failed.exitCode).toBe(1);
        expectReadable(failed.output);
        expect(failed.output).toContain("An image could not be built");
        cpSync(join(checkout, "images", "nginx", "Dockerfile"), join(copy, "images", "nginx", "Dockerfile"));
        const repaired = await cli(up, env, copy);
        expect(repaired.output).toContain(`✓ Stack ${NAME} is up`);
        expect(repaired.exitCode).toBe(0);
        appendFileSync(join(copy, "images", "nginx", "Dockerfile"), "\n# Edited.\n");
        const edited = await cli(["preview", "--stack", NAME], env, copy);
        expect(edited.output).toMatch(/replace images-nginx \(.*name/);
        expect(edited.output).toMatch(/replace nginx-container/);
        expect(edited.output).not.toMatch(/replace images-(?!nginx)/);
      } finally {
        const removed = await cli(down, env, copy);
        rmSync(copy, { recursive: true, force: true });
        expect(removed.output).toContain(`✓ Stack ${NAME} is gone`);
      }
      expect(await leftovers(NAME)).toEqual([]);
    },
    10 * MINUTES,
  );
});
