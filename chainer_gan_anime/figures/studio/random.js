"use strict";
// NumPy's RandomState: the Mersenne Twister, and its uniform and normal draws, number by number.
class RandomState {
  constructor(seed) {
    this.words = new Uint32Array(624);
    for (let i = 0, word = seed >>> 0; i < 624; i++) {
      this.words[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
    this.at = 624;
    this.spare = null;
  }

  word() {
    const words = this.words;
    if (this.at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (words[i] & 0x80000000) | (words[(i + 1) % 624] & 0x7fffffff);
        words[i] = words[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = words[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  // In [0, 1), of 53 bits.
  double() {
    const high = this.word() >>> 5, low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  uniform() {
    return -1 + 2 * this.double();
  }

  // Marsaglia's polar method; of each pair the second comes first.
  normal() {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    let x, y, r;
    do {
      x = 2 * this.double() - 1;
      y = 2 * this.double() - 1;
      r = x * x + y * y;
    } while (r >= 1 || r === 0);
    const f = Math.sqrt(-2 * Math.log(r) / r);
    this.spare = f * x;
    return f * y;
  }
}

// The latents that generate.py --seed draws, the first ``count`` of them.
function latents(seed, count, size, distribution) {
  const rng = new RandomState(seed);
  return Array.from({ length: count }, () => Float32Array.from({ length: size }, () => rng[distribution]()));
}
