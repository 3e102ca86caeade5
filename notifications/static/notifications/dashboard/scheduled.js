import { localize } from "./time-zone.js";

localize(document);
