// Values by what they are values of.

export class Measured {
  #values = new Map();

  constructor(surroundings) {
    this.surroundings = surroundings;
  }

  add(what, value) {
    const values = this.#values.get(what) ?? [];
    values.push(value);
    this.#values.set(what, values);
  }

  /** Of each thing: how often it was measured, its middle, its 95th percentile, its worst. */
  all() {
    const figures = [...this.#values].map(([what, values]) => {
      const sorted = values.toSorted((one, other) => one - other);
      const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1));
      return { what, count: sorted.length, p50: at(0.5), p95: at(0.95), worst: at(1) };
    });
    return { surroundings: this.surroundings, figures };
  }
}
