/** @file Layouts of texts with labels: named columns, pairs, headings with bodies, lines, tables without names. */
import { plural } from '../../../core/plural.ts';
import { GROUP_NAMES, isInputName, PAIR_SETS } from '../column-names.ts';
import type { ColumnFacts, TableFacts } from '../facts.ts';
import { isLabelLike, isTextLike } from '../facts.ts';
import { NO_ROLES, type Layout, type Match } from './layout.ts';
import { headingAndBody, labelColumns, setOf, textColumn, unnamedLabels } from './texts.ts';

const labelled = (
  facts: TableFacts,
  input: readonly string[],
  label: ColumnFacts,
  score: number,
  because: string,
): Match => ({
  score: score * (0.5 + 0.5 * label.filled),
  because,
  roles: {
    ...NO_ROLES,
    input,
    output: label.name,
    group: facts.named(GROUP_NAMES, [...input, label.name])?.name ?? null,
  },
});
const told = (input: readonly string[], { name, distinct }: ColumnFacts): string =>
  `"${input.join('" and "')}" ${input.length > 1 ? 'are' : 'is'} the text, "${name}" has ${plural(distinct, 'different value')}`;

const lines: Layout = {
  name: 'lines of a label and a text',
  example: '__label__calm The sea is flat.',
  isNot: 'prose, whose first words do not return',
  recognise: (facts) => {
    if (facts.table.format !== 'label-lines') return null;
    const roles = { ...NO_ROLES, input: ['text'], output: 'label' };
    return { score: 10, because: 'every line begins or ends with one of a few labels', roles };
  },
};

const pair: Layout = {
  name: 'a pair of texts with a label',
  example: 'question1,question2,is_duplicate / What floats?,Which things float?,1',
  isNot: 'a question with its answer, without a label',
  recognise: (facts) => {
    const both = setOf(facts, PAIR_SETS);
    if (both === null) return null;
    const [label] = labelColumns(facts, both);
    const answer = facts.named(['answer', 'output'], both);
    const found =
      label ??
      (answer !== null && isLabelLike(answer, facts.rows.length, false) && answer.lists < 0.5
        ? answer
        : undefined);
    const texts = both.map((name) => facts.column(name));
    if (found === undefined || texts.some((text) => text === null || text.meanChars < 3 || text.lists > 0.5))
      return null;
    return labelled(facts, both, found, 8, told(both, found));
  },
};

const heading: Layout = {
  name: 'a heading and a text with a label',
  example: 'Class Index,Title,Description / 2,Harbour frozen,No ship left today.',
  isNot: 'a text with a summary to be written',
  recognise: (facts) => {
    const both = headingAndBody(facts);
    if (both === null) return null;
    const [label] = labelColumns(facts, both);
    const texts = both.map((name) => facts.column(name));
    if (label === undefined || !texts.every((text) => text !== null && isTextLike(text, facts.rows.length)))
      return null;
    return labelled(facts, both, label, 7, told(both, label));
  },
};

const textAndLabel: Layout = {
  name: 'a text with a label',
  example: 'text,label / The sea is flat.,calm',
  isNot: 'a question with a free answer, which seldom returns',
  recognise: (facts) => {
    const labels = labelColumns(facts);
    const [label] = labels;
    const text =
      label === undefined
        ? null
        : textColumn(
            facts,
            labels.map(({ name }) => name),
          );
    return label === undefined || text === null
      ? null
      : labelled(facts, [text.name], label, 6, told([text.name], label));
  },
};

const byContent: Layout = {
  name: 'a text and one column of few values',
  example: 'v1,v2 / calm,The sea is flat.',
  isNot: 'a table with two such columns: then a person has to say',
  recognise: (facts) => {
    const labels = unnamedLabels(facts);
    const text = textColumn(
      facts,
      labels.map(({ name }) => name),
    );
    const [label, second] = labels.filter(({ name }) => name !== text?.name);
    if (label === undefined || second !== undefined || text === null) return null;
    // Without names, every text beside the label belongs to it: label, title, body.
    const others = facts.columns.filter(
      (column) => column.name !== label.name && isTextLike(column, facts.rows.length),
    );
    const isCounted = facts.columns.every(({ plain }) => /^column\d+$/.test(plain));
    if (isCounted && others.length > 1) {
      const input = others.map(({ name }) => name);
      return labelled(facts, input, label, 3, told(input, label));
    }
    return labelled(facts, [text.name], label, 3, `${told([text.name], label)}, the only column with so few`);
  },
};

const twoColumns: Layout = {
  name: 'two columns of text',
  example: 'What floats?,Cork does.',
  isNot: 'three or more: then a person has to say',
  recognise: (facts) => {
    const texts = facts.columns.filter(
      (column) => column.filled > 0.5 && (column.lists > 0.5 || isTextLike(column, facts.rows.length)),
    );
    const [first, second, third] = texts;
    if (first === undefined || second === undefined || third !== undefined) return null;
    const roles = { ...NO_ROLES, input: [first.name], output: second.name };
    return {
      score: 2,
      because: `"${first.name}" stands before "${second.name}", and no other column has text`,
      roles,
    };
  },
};

const textAlone: Layout = {
  name: 'a text without an answer',
  example: 'id,text / 7,The sea is flat.',
  isNot: 'a table whose answer has a name of its own: say which',
  recognise: (facts) => {
    const named = setOf(facts, PAIR_SETS) ?? headingAndBody(facts);
    const text = textColumn(facts);
    if (text === null) return null;
    const others = facts.columns.filter((column) => isTextLike(column, facts.rows.length)).length;
    const isNamed = named !== null || others < 2 || isInputName(text.plain);
    const roles = {
      ...NO_ROLES,
      input: named ?? [text.name],
      group: facts.named(GROUP_NAMES, [text.name])?.name ?? null,
    };
    return isNamed
      ? { score: 1, because: `"${text.name}" is text, and no column could be its answer`, roles }
      : null;
  },
};

export const LABEL_LAYOUTS: readonly Layout[] = [
  lines,
  pair,
  heading,
  textAndLabel,
  byContent,
  twoColumns,
  textAlone,
];
