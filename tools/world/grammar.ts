/**
 * @file English morphology as far as the world needs it: articles, plurals, verb forms, capitals. Regular rules
 * with tables of exceptions; the lexicon writes irregular plurals out ("knife/knives") and marks what has no plural
 * ("soup~").
 */

/** A noun of the lexicon. A mass noun takes neither "a" nor a plural. */
export interface Noun {
  readonly one: string;
  readonly many: string;
  readonly mass: boolean;
}

/** Reads "cake", "knife/knives" (irregular plural) or "soup~" (mass). */
export function noun(entry: string): Noun {
  if (entry.endsWith('~')) {
    const word = entry.slice(0, -1);
    return { one: word, many: word, mass: true };
  }
  const [one = entry, many] = entry.split('/');
  return { one, many: many ?? plural(one), mass: false };
}

function plural(word: string): string {
  if (/(s|x|ch|sh|z)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return `${word}s`;
}

/** "a" or "an" by sound, not by letter: an hour, a uniform. */
export function article(next: string): 'a' | 'an' {
  if (/^(hour|honest)/.test(next)) return 'an';
  if (/^(uni|use|uku|euro|one\b)/.test(next)) return 'a';
  return /^[aeiou]/.test(next) ? 'an' : 'a';
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const IRREGULAR_PAST: Readonly<Record<string, string>> = {
  be: 'was', beat: 'beat', blow: 'blew', bring: 'brought', build: 'built', buy: 'bought', catch: 'caught', choose: 'chose',
  cut: 'cut', dig: 'dug', draw: 'drew', drink: 'drank', drive: 'drove', eat: 'ate', feed: 'fed', feel: 'felt', find: 'found',
  fly: 'flew', forget: 'forgot', get: 'got', give: 'gave', go: 'went', grow: 'grew', have: 'had', hear: 'heard', hold: 'held',
  hide: 'hid', keep: 'kept', knit: 'knitted', know: 'knew', lay: 'laid', leave: 'left', lend: 'lent', light: 'lit',
  lose: 'lost', make: 'made', meet: 'met', pay: 'paid', put: 'put', read: 'read', ride: 'rode', ring: 'rang',
  run: 'ran', say: 'said', see: 'saw', sell: 'sold', send: 'sent', sew: 'sewed', shear: 'sheared', sing: 'sang', sit: 'sat',
  sow: 'sowed', speak: 'spoke', spend: 'spent', spread: 'spread', sweep: 'swept', swim: 'swam', swing: 'swung', take: 'took',
  teach: 'taught', tell: 'told', think: 'thought', throw: 'threw', wear: 'wore', win: 'won', write: 'wrote',
}; // prettier-ignore

/** Verbs that double their last consonant before -ed and -ing. */
const DOUBLING = new Set(
  'plan chop stir drop grab trim mop scrub pat hum strum dig swim run win sit put get cut beg jog pin wrap hug knit spot plug tap rub unclog forget'.split(
    ' ',
  ),
);

/** Splits "look for" into the word that inflects and its particle. */
function head(verb: string): readonly [string, string] {
  const space = verb.indexOf(' ');
  return space < 0 ? [verb, ''] : [verb.slice(0, space), verb.slice(space)];
}

export function past(verb: string): string {
  const [word, particle] = head(verb);
  const irregular = IRREGULAR_PAST[word];
  if (irregular !== undefined) return irregular + particle;
  if (word.endsWith('e')) return `${word}d${particle}`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ied${particle}`;
  if (DOUBLING.has(word)) return `${word}${word.slice(-1)}ed${particle}`;
  return `${word}ed${particle}`;
}

/** Third person singular of the present tense. */
export function thirdPerson(verb: string): string {
  const [word, particle] = head(verb);
  if (word === 'have') return `has${particle}`;
  if (word === 'go') return `goes${particle}`;
  return plural(word) + particle;
}

export function gerund(verb: string): string {
  const [word, particle] = head(verb);
  if (DOUBLING.has(word)) return `${word}${word.slice(-1)}ing${particle}`;
  if (/[^aeiouy]e$|[aeo]ue$|[aeiou][^aeiou]e$/.test(word) && !/(ee|oe|ye)$/.test(word)) {
    return `${word.slice(0, -1)}ing${particle}`;
  }
  return `${word}ing${particle}`;
}
