// Chance that can be repeated: a failure tells the seed, and `SEED=… node --test FILE` throws the same again.

/** Dice for a test; the seed is told with whatever fails in it. */
export async function withDice(test) {
  const seed = process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(process.env.SEED);
  try {
    await test(new Dice(seed));
  } catch (error) {
    error.message = `${error.message}\n(SEED=${seed})`;
    throw error;
  }
}

class Dice {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 to less than 1 (mulberry32). */
  unit() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to less than `bound`. */
  below(bound) {
    return Math.floor(this.unit() * bound);
  }

  chance(probability) {
    return this.unit() < probability;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  shuffled(items) {
    const left = [...items];
    return items.map(() => left.splice(this.below(left.length), 1)[0]);
  }
}
