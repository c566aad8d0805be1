/**
 * The known key that somebody most likely meant: a sibling or another known key that differs in few letters, else the
 * only known key with the same last name (`webhook.encoding` for `webhook.body.encoding`).
 */
export function nearestKey(key: string, siblings: readonly string[], knownKeys: readonly string[]): string | undefined {
  return nearest(key, siblings) ?? nearest(key, knownKeys) ?? onlyWithTheSameName(key, knownKeys);
}

function nearest(key: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(key.toLowerCase(), candidate.toLowerCase());
    // The path in front is mostly the same: what counts is how long the name itself is.
    if (distance < bestDistance && distance <= allowedEdits(lastName(candidate))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function allowedEdits(name: string): number {
  if (name.length <= 4) {
    return 1;
  }
  return name.length <= 8 ? 2 : 3;
}

function onlyWithTheSameName(key: string, knownKeys: readonly string[]): string | undefined {
  const same = knownKeys.filter((known) => lastName(known) === lastName(key));
  return same.length === 1 ? same[0] : undefined;
}

function lastName(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  // Far apart by length alone; also keeps a huge key from costing time.
  if (Math.abs(a.length - b.length) > 3) {
    return Infinity;
  }
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(costs: readonly number[], index: number): number {
  return costs[index] ?? Infinity;
}
