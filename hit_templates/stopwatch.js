// How long a worker really worked: time in which the page is visible and something happened lately.

const IDLE_AFTER = 30_000; // milliseconds without a sign of life
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "touchmove"];

export class Stopwatch {
  #active;
  #each;
  #last = performance.now();
  #alive = performance.now();
  #inView = () => [];

  constructor({ active = 0, each = {} } = {}) {
    this.#active = active;
    this.#each = each;
  }

  // `inView()` gives the keys of the items that time is shared out to, evenly.
  start(inView) {
    this.#inView = inView;
    const sign = () => (this.#alive = performance.now());
    for (const name of SIGNS) addEventListener(name, sign, { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => this.settle(document.hidden));
    setInterval(() => this.settle(), 1000);
  }

  settle(wasVisible = !document.hidden) {
    const now = performance.now();
    const until = Math.min(now, this.#alive + IDLE_AFTER);
    const passed = wasVisible ? Math.max(0, until - this.#last) : 0;
    this.#last = now;
    this.#active += passed;
    const keys = this.#inView();
    for (const key of keys) this.#each[key] = (this.#each[key] ?? 0) + passed / keys.length;
  }

  seconds(key) {
    const milliseconds = key === undefined ? this.#active : (this.#each[key] ?? 0);
    return Math.round(milliseconds / 10) / 100;
  }

  state() {
    return { active: this.#active, each: this.#each };
  }
}
