import { localize } from "./zones.js";

localize(document);
