/** @file docs/KNOBS.md: every knob and method as a table. */
import type { Knob } from '../../src/words/knobs.ts';
import { KNOBS, KNOB_GROUPS } from '../../src/words/knobs.ts';
import { SCORES } from '../../src/metrics/scores.ts';
import { METHODS } from '../../src/words/methods.ts';
import type { VerbKind } from '../../src/words/verbs.ts';
import { MEANINGS } from '../../src/words/verb-meanings.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (value: unknown): string => (value === '' ? 'empty' : `\`${String(value)}\``);

function rangeOf(knob: Knob): string {
  switch (knob.kind) {
    case 'number':
      return `${knob.min} to ${knob.max}`;
    case 'auto':
      return `\`auto\`, ${knob.min} to ${knob.max}`;
    case 'choice':
      return knob.options.map(code).join(', ');
    case 'flag':
      return '`true`, `false`';
    case 'text':
      return 'text';
  }
}

function knobRow([name, knob]: readonly [string, Knob]): string {
  const unit = knob.kind === 'number' ? knob.unit : '';
  const cells = [code(name), code(knob.default), rangeOf(knob), unit, `${knob.label}. ${knob.help}`];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const VERB_KINDS = [
  ...(['schedule', 'labels', 'teacher', 'votes', 'trainsOn', 'fewShot', 'stop'] as const),
] as const satisfies readonly VerbKind[];

function methodRow([name, method]: (typeof methods)[number]): string {
  const presets = Object.entries(method.presets).map(([knob, value]) => `${code(knob)} ${code(value)}`);
  const verbs = VERB_KINDS.map((kind) => [method[kind]].flat().map(code).join(', '));
  const cells = [code(name), method.help, ...verbs, presets.join(', ')];
  return `| ${cells.map(cell).join(' | ')} |`;
}
const methods = Object.entries(METHODS);

const verbRows = VERB_KINDS.flatMap((kind) =>
  Object.entries(MEANINGS[kind]).map(([verb, meaning]) => `| ${kind} | ${code(verb)} | ${cell(meaning)} |`),
);

function metricRow({ name, help, unit, range, better, kinds }: (typeof SCORES)[number]): string {
  const [low, high] = range;
  const cells = [code(name), help, kinds.join(', '), unit, `${low} to ${high ?? 'any'}`, better];
  return `| ${cells.map(cell).join(' | ')} |`;
}

export function knobsPage(): string {
  const knobs: readonly (readonly [string, Knob])[] = Object.entries(KNOBS);
  const tables = Object.entries(KNOB_GROUPS).flatMap(([group, title]) => [
    `## ${title}`,
    '',
    '| Knob | Default | Values | Unit | What it does |',
    '| --- | --- | --- | --- | --- |',
    ...knobs.filter(([, knob]) => knob.group === group).map(knobRow),
    '',
  ]);
  return [
    '# Knobs, methods and scores',
    '',
    'Made by `npm run schemas` from `src/words/knobs.ts`, `src/words/verbs.ts` and `experiments/methods.json`. An arm of an experiment is a method and the',
    'knobs that differ from these defaults; `experiments/experiment.schema.json` says the same to editors.',
    '',
    ...tables,
    '## Methods',
    '',
    'The table is `experiments/methods.json`: a method is data over the verbs below, and a new one a new entry there.',
    '',
    `| Method | What it is | ${VERB_KINDS.join(' | ')} | Knobs it sets |`,
    `| --- | --- | ${VERB_KINDS.map(() => '---').join(' | ')} | --- |`,
    ...methods.map(methodRow),
    '',
    '## Verbs',
    '',
    '| | Verb | What it means |',
    '| --- | --- | --- |',
    ...verbRows,
    '',
    '## Scores',
    '',
    'Each is a module in `src/metrics/scores`.',
    '',
    '| Score | What it is | Tasks | Unit | Range | Better |',
    '| --- | --- | --- | --- | --- | --- |',
    ...SCORES.map(metricRow),
    '',
  ].join('\n');
}
