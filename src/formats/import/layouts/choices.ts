/** @file Layouts of multiple choice: a list, a column each, scores by text, right and wrong answers apart. */
import {
  CHOICES_NAMES,
  CORRECT_NAMES,
  GROUP_NAMES,
  INCORRECT_NAMES,
  KEY_NAMES,
  PASSAGE_NAMES,
  QUESTION_NAMES,
} from '../column-names.ts';
import { keyFit, marksRight, optionsOf } from '../choices.ts';
import type { TableFacts } from '../facts.ts';
import { scoreMap } from '../facts.ts';
import { NO_ROLES, ofRows, type Layout, type Match } from './layout.ts';
import { passageAndQuestion, setOf, textColumn } from './texts.ts';

const group = (facts: TableFacts, but: readonly string[]): string | null =>
  facts.named(GROUP_NAMES, but)?.name ?? null;

/** What is asked, with the passage it is asked of. */
function questionOf(facts: TableFacts, but: readonly string[]): readonly string[] {
  const whole = setOf(facts, [['startphrase'], ['ctx'], ['goal']], but);
  if (whole !== null) return whole;
  const both = passageAndQuestion(facts, but);
  if (both !== null) return both;
  const asked = facts.named(QUESTION_NAMES, but) ?? facts.named(PASSAGE_NAMES, but) ?? textColumn(facts, but);
  return asked === null ? [] : [asked.name];
}

interface Key {
  readonly column: string;
  readonly share: number;
  readonly told: string;
}

/** The column that names the right choice in most rows: by its name first, else any. */
function keyOf(facts: TableFacts, choices: readonly string[], named: boolean): Key | null {
  const but = new Set(choices);
  const byName = KEY_NAMES.flatMap((name) => facts.columns.filter(({ plain }) => plain === name));
  const columns = (named ? byName : facts.columns).filter(({ name, filled }) => filled > 0 && !but.has(name));
  let best: Key | null = null;
  for (const { name } of new Set(columns)) {
    const { share, form, rows } = keyFit(facts.rows, choices, name);
    if (rows > 0 && share > (best?.share ?? 0.5))
      best = { column: name, share, told: `"${name}" names one by ${form} in ${ofRows(share, rows)}` };
  }
  return best;
}

/** @param weight how particular the choices are */
function chosen(facts: TableFacts, choices: readonly string[], weight: number, seen: string): Match | null {
  if (marksRight(facts.rows, choices)) {
    const input = questionOf(facts, choices);
    if (input.length === 0) return null;
    return {
      score: weight,
      because: `${seen}, each marked right or wrong`,
      kind: 'multiple-choice',
      roles: { ...NO_ROLES, input, choices, group: group(facts, input) },
    };
  }
  const key = keyOf(facts, choices, true) ?? keyOf(facts, choices, false);
  if (key === null) return null;
  const taken = [...choices, key.column];
  const input = questionOf(facts, taken);
  if (input.length === 0) return null;
  const roles = {
    ...NO_ROLES,
    input,
    output: key.column,
    choices,
    group: group(facts, [...taken, ...input]),
  };
  return { score: weight * key.share, because: `${seen}; ${key.told}`, kind: 'multiple-choice', roles };
}

const choiceList: Layout = {
  name: 'a list of choices',
  example:
    '{"question": "Which floats?", "choices": {"text": ["cork", "iron"], "label": ["A", "B"]}, "answerKey": "A"}',
  isNot: 'a list of right answers, none of which is wrong',
  recognise: (facts) => {
    const lists = facts.columns.filter(({ name, lists: share, conversations, plain }) => {
      if (conversations > 0.5 || (share < 0.5 && !CHOICES_NAMES.includes(plain))) return false;
      const several = facts.rows.filter((row) => optionsOf(row, [name]).length > 1).length;
      return several * 2 > facts.rows.length;
    });
    const matches = lists.flatMap(
      ({ name, plain }) =>
        chosen(facts, [name], CHOICES_NAMES.includes(plain) ? 9 : 7, `"${name}" lists choices`) ?? [],
    );
    return matches.sort((a, b) => b.score - a.score)[0] ?? null;
  },
};

const scores: Layout = {
  name: 'a score for every choice',
  example: '{"input": "Which floats?", "target_scores": {"cork": 1, "iron": 0}}',
  isNot: 'a column of figures by name',
  recognise: (facts) => {
    const rated = facts.columns.filter(
      ({ name, maps }) => maps > 0.5 && facts.cells(name).some((cell) => scoreMap(cell) !== null),
    );
    const listed = facts.columns.filter(({ plain, lists }) => lists > 0.5 && /^mc\dtargets$/.test(plain));
    const first = [...rated, ...listed].sort(
      (a, b) => Number(b.plain.startsWith('mc1')) - Number(a.plain.startsWith('mc1')),
    )[0];
    return first === undefined
      ? null
      : chosen(facts, [first.name], 9.5, `"${first.name}" rates every choice`);
  },
};

const SERIES = /^(.*?)(\d|[a-h])$/;
/** Columns of a pair are numbered too, and are no choices. */
const NO_CHOICES =
  /^(sentence|sent|question|text|s|q|id|qid|string|#|word|premise|turn|column|annotator|rater|v|ctx|version|score|col|feature)$/;
const CHOICE_PREFIX =
  /(option|opt|op|choice|sol|solution|ending|answer|ans|alternative|alt|candidate|hypothesis|quiz)$/;

/** Columns of one name with a number or a letter each, in order from 0, 1 or A. */
function seriesOf(
  facts: TableFacts,
): readonly { readonly prefix: string; readonly columns: readonly string[] }[] {
  const found = new Map<string, { mark: string; name: string }[]>();
  for (const { name, plain, filled } of facts.columns) {
    const [, prefix, mark] = SERIES.exec(plain) ?? [];
    if (prefix === undefined || mark === undefined || filled === 0 || NO_CHOICES.test(prefix)) continue;
    if (prefix === '' && /\d/.test(mark)) continue;
    const key = `${prefix}${/\d/.test(mark) ? '#' : '@'}`;
    found.set(key, [...(found.get(key) ?? []), { mark, name }]);
  }
  return [...found].flatMap(([key, members]) => {
    const sorted = [...members].sort((a, b) => (a.mark < b.mark ? -1 : 1));
    const codes = sorted.map(({ mark }) => mark.charCodeAt(0));
    const [first = 0] = codes;
    const isRow =
      codes.every((code, i) => code === first + i) && ['0', '1', 'a'].includes(sorted[0]?.mark ?? '');
    return isRow && members.length > 1
      ? [{ prefix: key.slice(0, -1), columns: sorted.map(({ name }) => name) }]
      : [];
  });
}

const choiceColumns: Layout = {
  name: 'a column for every choice',
  example: 'question,A,B,C,D,answer / Which floats?,iron,cork,lead,brass,B',
  isNot: 'a pair: question1, question2',
  recognise: (facts) => {
    const matches = seriesOf(facts).flatMap(({ prefix, columns }) => {
      const isCalled = prefix === '' || CHOICE_PREFIX.test(prefix);
      if (!isCalled && columns.length < 3) return [];
      return chosen(facts, columns, isCalled ? 9 : 6.5, `columns ${columns.join(', ')}`) ?? [];
    });
    return matches.sort((a, b) => b.score - a.score)[0] ?? null;
  },
};

const countedColumns: Layout = {
  name: 'a question, its choices and a letter, without a header',
  example: 'Which floats?,iron,cork,lead,brass,B',
  isNot: 'a text with a grade from A to F: one text alone comes before the letter',
  recognise: (facts) => {
    const { columns, rows } = facts;
    const last = columns.at(-1);
    if (last === undefined || columns.length < 4 || !columns.every(({ plain }) => /^column\d+$/.test(plain)))
      return null;
    const choices = columns.slice(1, -1).map(({ name }) => name);
    const { form, share, rows: asked } = keyFit(rows, choices, last.name);
    if (asked === 0 || share < 0.9 || form === 'text' || last.meanChars > 3) return null;
    const [first] = columns;
    if (first === undefined) return null;
    const because = `${columns.length} columns without names; the last names one of the ${choices.length} before it by ${form} in ${ofRows(share, asked)}`;
    return {
      score: 8.5 * share,
      because,
      kind: 'multiple-choice',
      roles: { ...NO_ROLES, input: [first.name], output: last.name, choices },
    };
  },
};

const rightAndWrong: Layout = {
  name: 'right and wrong answers apart',
  example: 'Question,Best Answer,Correct Answers,Incorrect Answers / What floats?,Cork,Cork; Wood,Iron; Lead',
  isNot: 'an answer with a preferred and a rejected text',
  recognise: (facts) => {
    const right = facts.named(CORRECT_NAMES);
    const wrong = facts.named(INCORRECT_NAMES);
    const distractors = seriesOf(facts).find(({ prefix }) =>
      /(distractor|incorrect|incorrectanswer|wrong|wronganswer|incorrectoption|fake)$/.test(prefix),
    );
    const incorrect = distractors?.columns ?? (wrong === null ? [] : [wrong.name]);
    if (right === null || incorrect.length === 0 || incorrect.includes(right.name)) return null;
    const best = facts.named(['bestanswer']);
    const taken = [right.name, ...incorrect, ...(best === null ? [] : [best.name])];
    const input = facts.named(QUESTION_NAMES, taken) ?? textColumn(facts, taken);
    if (input === null) return null;
    const roles = {
      ...NO_ROLES,
      input: [input.name],
      output: best?.name ?? null,
      correct: [right.name],
      incorrect,
      group: group(facts, [...taken, input.name]),
    };
    return {
      score: 9.5,
      because: `"${right.name}" beside ${incorrect.map((name) => `"${name}"`).join(', ')}`,
      kind: 'multiple-choice',
      roles,
    };
  },
};

export const CHOICE_LAYOUTS: readonly Layout[] = [
  choiceList,
  scores,
  choiceColumns,
  countedColumns,
  rightAndWrong,
];
