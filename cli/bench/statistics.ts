/**
 * The middle of a list; of an even number, the mean of the two in the middle.
 *
 * @throws RangeError for an empty list
 */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const half = sorted.length / 2;
  return Number.isInteger(half)
    ? (at(sorted, half - 1) + at(sorted, half)) / 2
    : at(sorted, Math.floor(half));
}

/**
 * The smallest value that at least the given part of the list does not exceed (nearest rank).
 *
 * @param part - 0.95 for the 95th percentile
 * @throws RangeError for an empty list
 */
export function percentile(values: readonly number[], part: number): number {
  const sorted = ascending(values);
  return at(sorted, Math.max(0, Math.ceil(part * sorted.length) - 1));
}

/**
 * Pairs of two lists, combined one by one. Rounds are compared with their neighbours in time, so that a machine
 * that slows down half-way does not count for or against one side.
 *
 * @throws RangeError when the lists differ in length
 */
export function pairwise(
  left: readonly number[],
  right: readonly number[],
  combine: (left: number, right: number) => number,
): number[] {
  if (left.length !== right.length) {
    throw new RangeError(`${left.length} values cannot be paired with ${right.length}`);
  }
  return left.map((value, index) => combine(value, at(right, index)));
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError("an empty list has no middle");
  return value;
}
