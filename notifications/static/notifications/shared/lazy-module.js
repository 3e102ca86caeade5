// Modules that are not loaded before they are needed.

const RETRY_MS = 10_000; // at most

/** The module that `load()` imports, however often that takes; `failed()` is called each time that it does not come. */
export async function lazyModule(load, failed = () => {}) {
  for (;;) {
    const module = await load().catch(() => null);
    if (module) return module;
    failed();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * Math.random()));
  }
}
