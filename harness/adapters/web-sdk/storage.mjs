// What an instance of an SDK has for itself: its storage and its chance. Runs in Node and in pages.

/** A storage whose keys are own enumerable properties, as the old SDK wants them; `content` survives the process. */
export function storage(content = {}) {
  const store = { ...content };
  const hidden = (value) => ({ value, enumerable: false });
  return Object.defineProperties(store, {
    getItem: hidden((key) => (Object.hasOwn(store, key) ? store[key] : null)),
    setItem: hidden((key, value) => { store[key] = String(value); }),
    removeItem: hidden((key) => { delete store[key]; }),
    clear: hidden(() => { for (const key of Object.keys(store)) delete store[key]; }),
    key: hidden((index) => Object.keys(store)[index] ?? null),
    length: { get: () => Object.keys(store).length, enumerable: false },
  });
}

/** Numbers as `Math.random` gives them, the same for the same seed. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
