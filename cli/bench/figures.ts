import { median } from "./statistics";

/** What is measured. */
export type FigureId =
  | "first-up-healthy"
  | "first-up"
  | "restart-healthy"
  | "restart"
  | "no-op-up"
  | "no-op-up-engine"
  | "preview"
  | "preview-engine"
  | "request-ratio"
  | "added-p50"
  | "upload-ratio"
  | "download-ratio"
  | "preview-100-teams"
  | "per-team"
  | "per-team-growth";

/** A bound of the design: what a figure must not exceed, or must reach. */
export interface Floor {
  readonly kind: "at most" | "at least";
  /** In the figure's unit. */
  readonly limit: number;
}

interface Kind {
  readonly title: string;
  readonly unit: "s" | "ms" | "%" | "×";
  /** Absent for figures that are given for information. */
  readonly floor?: Floor;
}

/** All figures, in the order of the report, with the floors that the design sets for two cores. */
export const KINDS: Readonly<Record<FigureId, Kind>> = {
  "first-up-healthy": {
    title: "first `up` of a new stack, images built before: until all services are healthy",
    unit: "s",
    floor: { kind: "at most", limit: 90 },
  },
  "first-up": { title: "the same: whole command", unit: "s" },
  "restart-healthy": {
    title: "`up` after `down`, data kept: until all services are healthy",
    unit: "s",
    floor: { kind: "at most", limit: 90 },
  },
  restart: { title: "the same: whole command", unit: "s" },
  "no-op-up": {
    title: "`up` without changes: whole command",
    unit: "s",
    floor: { kind: "at most", limit: 15 },
  },
  "no-op-up-engine": { title: "of that, the engine", unit: "s" },
  preview: {
    title: "`preview` without changes: whole command",
    unit: "s",
    floor: { kind: "at most", limit: 10 },
  },
  "preview-engine": { title: "of that, the engine", unit: "s" },
  "request-ratio": {
    title: "requests/s through NGINX + single sign-on, of a stock MLflow without either",
    unit: "%",
    floor: { kind: "at least", limit: 80 },
  },
  "added-p50": {
    title: "added to the median latency of one caller",
    unit: "ms",
    floor: { kind: "at most", limit: 5 },
  },
  "upload-ratio": {
    title: "artifact upload through NGINX, of direct to MLflow",
    unit: "%",
    floor: { kind: "at least", limit: 90 },
  },
  "download-ratio": {
    title: "artifact download through NGINX, of direct to MLflow",
    unit: "%",
    floor: { kind: "at least", limit: 90 },
  },
  "preview-100-teams": { title: "`preview` of 100 new teams: the engine", unit: "s" },
  "per-team": { title: "work per added team in that preview", unit: "ms" },
  "per-team-growth": {
    title: "the 51st to 100th team, of the ones before: constant work is 1",
    unit: "×",
    // Twice the teams at quadratic work would be 3; the rest is noise of single runs.
    floor: { kind: "at most", limit: 1.5 },
  },
};

/** One measured figure. */
export interface Figure {
  readonly id: FigureId;
  /** In the unit of its kind: the median of the samples. */
  readonly value: number;
  readonly samples: readonly number[];
  /** Whether the floor is met; absent for figures without one. */
  readonly met?: boolean;
}

/** A figure from its samples, at least one. */
export function figure(id: FigureId, samples: readonly number[]): Figure {
  const value = median(samples);
  const { floor } = KINDS[id];
  return { id, value, samples, ...(floor === undefined ? {} : { met: meets(value, floor) }) };
}

/** Whether a value keeps to a floor. */
export function meets(value: number, { kind, limit }: Floor): boolean {
  return kind === "at most" ? value <= limit : value >= limit;
}

/** Figures that miss their floor. */
export function missed(figures: readonly Figure[]): Figure[] {
  return figures.filter(({ met }) => met === false);
}
