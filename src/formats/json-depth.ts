/** @file How deep JSON is nested, counted before anything walks through it: a walk that calls itself has a stack. */
import type { ErrorCode } from '../core/errors.ts';
import { LabError } from '../core/errors.ts';

/** Far deeper than any file that the lab reads is meant to be, far shallower than any stack. */
const DEEPEST = 100;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENS: readonly number[] = [0x5b, 0x7b];
const CLOSES: readonly number[] = [0x5d, 0x7d];

/** @param at the code unit (or UTF-8 byte: all that count are ASCII) at an index */
function isTooDeep(length: number, at: (index: number) => number | undefined): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < length; i++) {
    const unit = at(i);
    if (unit === undefined) break;
    if (isText) {
      if (unit === BACKSLASH) i++;
      else if (unit === QUOTE) isText = false;
    } else if (unit === QUOTE) isText = true;
    else if (OPENS.includes(unit)) {
      if (++depth > DEEPEST) return true;
    } else if (CLOSES.includes(unit)) depth--;
  }
  return false;
}

/** @param where names the text in the message
 * @throws LabError `code` for JSON that is nested more than 100 deep; other faults are JSON.parse's to find. */
export function refuseDeepJson(json: string | Uint8Array, where: string, code: ErrorCode): void {
  const isDeep =
    typeof json === 'string'
      ? isTooDeep(json.length, (i) => json.charCodeAt(i))
      : isTooDeep(json.length, (i) => json[i]);
  if (!isDeep) return;
  throw new LabError(code, `${where} has brackets nested more than ${DEEPEST} deep.`, {
    remedy: 'Nothing that the lab reads is nested so: give the file that is meant.',
  });
}
