/** Types of elements.js, which defines <hub-progress>, <hub-log>, <hub-value>, <hub-chart> and <hub-run>. */

import type { Hub } from "./hub.js";

/** Have the page's elements use another hub, such as `hub.connect({ url, token })` returns. */
export function useHub(hub: Hub): void;
