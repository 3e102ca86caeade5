// The page of scheduled sendings: its times in the browser's time zone.

import { localize } from "./time-zone.js";

localize(document);
