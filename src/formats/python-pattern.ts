/**
 * @file Python's re.fullmatch over names that come from a file, without backtracking: a pattern of forty characters would
 * otherwise hold the page for hours. re2js matches in time linear in the text; what its syntax reads otherwise than
 * Python's is translated or refused here, what it has not (lookaround, backreferences) it refuses itself.
 */
import { LabError } from '../core/errors.ts';

/** Matching costs pattern times text. */
const MAX_PATTERN_LENGTH = 10_000;

/** What RE2 cannot do by its nature, as it stands at the place that re2js points to. */
const NAMES: readonly (readonly [syntax: RegExp, name: string])[] = [
  [/^\(\?<?[=!]/, 'lookaround'],
  [/^(?:\\[1-9]|\(\?P=)/, 'a backreference'],
  [/^\(\?>/, 'an atomic group'],
  [/^\(\?\(/, 'a conditional group'],
];

/** @param where names the pattern in errors, @param remedy what to write in its place.
 * @returns whether the pattern matches the whole of a text.
 * @throws LabError `unsupported-adapter` naming what cannot be matched. */
export async function fullMatch(
  pattern: string,
  where: string,
  remedy: string,
): Promise<(text: string) => boolean> {
  const refused = (why: string, cause?: unknown): LabError =>
    new LabError('unsupported-adapter', `${where}: ${why}.`, {
      remedy,
      ...(cause === undefined ? {} : { cause }),
    });
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw refused(
      `the regular expression has ${pattern.length} characters, expected at most ${MAX_PATTERN_LENGTH}`,
    );
  }
  // Few adapters hold a pattern: the engine is fetched for those.
  const { RE2JS } = await import('re2js');
  try {
    const compiled = RE2JS.compile(translated(pattern));
    return (text) => compiled.matches(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const at = /`(.*)`$/s.exec(why)?.[1] ?? '';
    const name = NAMES.find(([syntax]) => syntax.test(at))?.[1];
    const what = name === undefined ? why.replace(/^error parsing regexp: /, '') : `${name} (${at})`;
    throw refused(
      `the regular expression "${pattern.slice(0, 200)}" has what cannot be matched here, ${what}`,
      cause,
    );
  }
}

/** The same language in RE2's words. @throws SyntaxError for what only RE2 takes, where Python would have failed. */
function translated(pattern: string): string {
  let out = '';
  let isInClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i, i + 3);
    const character = pattern.charAt(i);
    if (character === '\\') {
      const escape = rest.slice(0, 2);
      if (/^\\[pPQECz]/.test(escape)) throw new SyntaxError(`invalid escape sequence: \`${escape}\``);
      out += escape === '\\Z' && !isInClass ? '\\z' : escape;
      i += 1;
    } else if (isInClass) {
      // [[:alpha:]] is a POSIX class to RE2 and a set of characters to Python.
      out += character === '[' ? '\\[' : character;
      isInClass = character !== ']';
    } else if (character === '[') {
      const [opening = ''] = /^\[\^?\]?/.exec(rest) ?? [];
      out += opening.replace(']', '\\]');
      i += opening.length - 1;
      isInClass = true;
    } else if (rest === '(?#') {
      const end = pattern.indexOf(')', i);
      i = end < 0 ? pattern.length : end;
    } else if (/^\(\?(?:<[^=!]|U)/.test(pattern.slice(i, i + 4))) {
      throw new SyntaxError(`invalid or unsupported group: \`${rest}\``);
    } else if (rest.startsWith('{,') && /^\{,\d*\}/.test(pattern.slice(i, i + 12))) {
      out += '{0';
    } else {
      out += character;
    }
  }
  return out;
}
