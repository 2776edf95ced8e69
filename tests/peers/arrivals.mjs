// How many messages a replica holds, and who waits for how many.
export class Arrivals {
    #count = 0;
    #perCase = new Map();
    #waiting = [];

    add(count) {
        this.#count += count;
        const [reached, waiting] = [[], []];
        for (const one of this.#waiting) (this.#count >= one.count ? reached : waiting).push(one);
        this.#waiting = waiting;
        for (const one of reached) one.resolve();
    }

    // This many are in the case now.
    set(index, count) {
        const before = this.#perCase.get(index) ?? 0;
        this.#perCase.set(index, count);
        this.add(count - before);
    }

    reached(count) {
        if (this.#count >= count) return Promise.resolve();
        return new Promise((resolve) => this.#waiting.push({ count, resolve }));
    }
}
