// The network of a page of the gallery: it can be cut, and shows what comes over it. A script and no module, for it has to
// wrap fetch() before the first module runs.
(() => {
  const request = window.fetch.bind(window);
  const isStream = (url) => /\/feed\/$|\/runs\/[^/]+\/stream$/.test(url.pathname);

  /** Events, by `detail`: "request" {stream, path, position}, "text" {stream, text}, "ended" {stream}, "cut" and "restored". */
  class Network extends EventTarget {
    isCut = false;
    #open = new Set();
    #streams = 0;
    #early = []; // events before anyone listened

    /** For so many ms every request fails, and those that are open are broken off. */
    cut(ms) {
      this.isCut = true;
      for (const abort of this.#open) abort.abort(new TypeError("The network is cut."));
      this.#open.clear();
      this.#emit("cut");
      setTimeout(() => {
        this.isCut = false;
        this.#emit("restored");
        window.dispatchEvent(new Event("online")); // as the browser does
      }, ms);
    }

    /** From now on there are listeners, who are given what came before as well. */
    begin() {
      const early = this.#early;
      this.#early = null;
      for (const event of early) this.dispatchEvent(event);
    }

    async fetch(input, options = {}) {
      if (this.isCut) throw new TypeError("The network is cut.");
      const url = new URL(input instanceof Request ? input.url : input, location.href);
      const abort = new AbortController();
      this.#open.add(abort);
      const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
      try {
        const position = new Headers(options.headers).get("Last-Event-ID");
        const stream = isStream(url) ? ++this.#streams : 0;
        if (stream) this.#emit("request", { stream, path: url.pathname + url.search, position });
        const response = await request(input, { ...options, signal });
        if (!stream || !response.ok) return response;
        const { status, statusText, headers } = response;
        return new Response(response.body.pipeThrough(this.#tap(stream, abort)), { status, statusText, headers });
      } finally {
        if (!isStream(url)) this.#open.delete(abort);
      }
    }

    #tap(stream, abort) {
      const decoder = new TextDecoder();
      return new TransformStream({
        transform: (chunk, controller) => {
          this.#emit("text", { stream, text: decoder.decode(chunk, { stream: true }) });
          controller.enqueue(chunk);
        },
        flush: () => {
          this.#open.delete(abort);
          this.#emit("ended", { stream });
        },
      });
    }

    #emit(type, detail) {
      const event = new CustomEvent(type, { detail });
      if (this.#early) this.#early.push(event);
      else this.dispatchEvent(event);
    }
  }

  const network = new Network();
  window.galleryNetwork = network;
  window.fetch = (input, options) => network.fetch(input, options);
  // Tabs share a stream by a lock. This page has one of its own: what it cuts must not be another tab's.
  Object.defineProperty(navigator, "locks", { value: undefined });
})();
