// The icons of the components.

import { BELL, drawn } from "./icon-path.js";

const CIRCLE = "M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0";
const PATHS = {
  info: `${CIRCLE}M12 11v5M12 7.8v.1`,
  success: `${CIRCLE}m5.2.3 2.7 2.6 5-5.4`,
  warning:
    "M10.4 4.4 2.9 17.6A1.8 1.8 0 0 0 4.5 20.3h15a1.8 1.8 0 0 0 1.6-2.7L13.6 4.4a1.8 1.8 0 0 0-3.2 0z" +
    "M12 9.5v4M12 16.6v.1",
  error: `${CIRCLE}m6-3 6 6M15 9l-6 6`,
  critical: "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.2M12 16.2v.1",
  bell: BELL,
  check: "m5 12.8 4.4 4.2L19 7.2",
  dot: "M7.5 12a4.5 4.5 0 1 0 9 0 4.5 4.5 0 1 0-9 0",
  archive: "M4 4.8h16v4H4zM5.5 8.8v9A1.7 1.7 0 0 0 7.2 19.5h9.6a1.7 1.7 0 0 0 1.7-1.7v-9M9.8 12.7h4.4",
  unarchive:
    "M4 13.5v4.3a1.7 1.7 0 0 0 1.7 1.7h12.6a1.7 1.7 0 0 0 1.7-1.7v-4.3M12 15.5v-11M7.8 8.7 12 4.5l4.2 4.2",
  close: "m6.5 6.5 11 11M17.5 6.5l-11 11",
  gear: "M4 8h8M16 8h4M4 16h4M12 16h8M12 8a2 2 0 1 0 4 0 2 2 0 1 0-4 0M8 16a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
};

export const icon = (name) => drawn(PATHS[name]);
