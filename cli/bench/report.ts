import type { BenchResult } from "./index";
import { table } from "../engine/table";
import { type Figure, KINDS } from "./figures";

/** The figures as a table: mark, figure, value, floor, spread of the samples. */
export function figuresTable(figures: readonly Figure[]): string {
  return table(
    ["", "figure", "median", "floor", "samples"],
    figures.map(({ id, value, samples, met }) => {
      const { title, unit, floor } = KINDS[id];
      return [
        met === undefined ? " " : met ? "✓" : "✗",
        title,
        `${number(value)} ${unit}`,
        floor === undefined ? "" : `${floor.kind === "at most" ? "≤" : "≥"} ${floor.limit} ${unit}`,
        spread(samples),
      ];
    }),
  );
}

/** Three digits that count, never more than two behind the point. */
export function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function spread(samples: readonly number[]): string {
  return samples.length === 1
    ? "1"
    : `${samples.length}: ${number(Math.min(...samples))} – ${number(Math.max(...samples))}`;
}

/** What the single servers did, as tables; empty where nothing of the kind was measured. */
export function serversTable({ requests, artifacts }: Pick<BenchResult, "requests" | "artifacts">): string {
  const parts: string[] = [];
  if (requests.length > 0) {
    const routes = Object.keys(requests[0]?.routes ?? {});
    parts.push(
      table(
        [
          "requests",
          "per s",
          "CPU ms each",
          "8 callers p50/p95/p99 ms",
          "1 caller p50/p95/p99 ms",
          ...routes.map((r) => `${r} p50`),
        ],
        requests.map(({ name, perSecond, cpu, loaded, single, routes: byRoute }) => [
          name,
          number(perSecond),
          number(cpu),
          triple(loaded),
          triple(single),
          ...routes.map((route) => number(byRoute[route] ?? 0)),
        ]),
      ),
    );
  }
  if (artifacts.length > 0) {
    parts.push(
      table(
        ["artifacts", "upload MiB/s", "download MiB/s"],
        artifacts.map(({ name, upload, download }) => [name, number(upload), number(download)]),
      ),
    );
  }
  return parts.map((part) => `\n${part}\n`).join("");
}

function triple({ p50, p95, p99 }: { p50: number; p95: number; p99: number }): string {
  return [p50, p95, p99].map(number).join(" / ");
}
