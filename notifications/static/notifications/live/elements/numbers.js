// What of an event's data is shown, and how.

/** The data itself, or the field of an object; undefined if that is neither a number nor a text nor a boolean. */
export function valueOf(data, field) {
  const value = data !== null && typeof data === "object" ? data[field ?? "value"] : data;
  return ["number", "string", "boolean"].includes(typeof value) ? value : undefined;
}

/** By the attributes `format` (number, percent, currency, bytes, text), `unit` and `digits` of an element. */
export function formatted(value, element, language) {
  if (typeof value !== "number") return String(value);
  const format = element.getAttribute("format");
  if (format === "text") return String(value);
  const given = element.getAttribute("digits");
  const digits = /^\d{1,2}$/.test(given ?? "") ? Math.min(20, Number(given)) : null;
  const options = digits === null ? { maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (format === "bytes") return bytes(value, language, options);
  if (format === "percent") options.style = "percent";
  if (format === "currency") Object.assign(options, currency(element.getAttribute("unit"), digits));
  return new Intl.NumberFormat(language, options).format(value);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];

function bytes(value, language, options) {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)));
  const scaled = value / 1000 ** power;
  return new Intl.NumberFormat(language, { ...options, style: "unit", unit: UNITS[power], unitDisplay: "short" }).format(scaled);
}

/** As usual in the currency, if no digits are given. */
function currency(code, digits) {
  if (!/^[A-Z]{3}$/.test(code ?? "")) return {};
  return { style: "currency", currency: code, ...(digits === null ? { maximumFractionDigits: undefined } : {}) };
}
