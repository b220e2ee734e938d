/** @file A parsed JSON value: whether it is an object, and how a message shows it. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON value as an error message shows it, cut to `length` characters. */
export function shown(value: unknown, length = 60): string {
  if (value === undefined) return 'nothing';
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    // JSON.parse takes any depth of nesting, JSON.stringify does not.
    return Array.isArray(value) ? 'an array' : 'an object';
  }
  return text.length > length ? `${text.slice(0, length)}...` : text;
}
