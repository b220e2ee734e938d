/** @file Small made-up tasks, one of each kind, for the twin's fixtures. */
import { deriveKey, integerAt } from '../../src/core/random.ts';
import type { SplitName, Task, TaskDefinition, TaskRow } from '../../src/words/task.ts';

const SIZES: Readonly<Record<SplitName, number>> = {
  ...{ pool: 14, prompts: 40, validation: 14, probe: 5, test: 12 },
};
const LABELS = ['food', 'music', 'travel'];
const WORDS = [
  'bread',
  'The guitar',
  'train, slow',
  'soup',
  'a drum',
  'harbour',
  'Bread and soup',
  'naïve café',
];

const pick = <T>(key: number, counter: number, from: readonly T[]): T | undefined =>
  from[integerAt(key, counter, from.length)];

function rowOf(kind: TaskDefinition['kind'], split: SplitName, i: number): TaskRow {
  const key = deriveKey('toy', kind, split, i);
  const words = [0, 1, 2].map((at) => pick(key, at, WORDS) ?? '');
  const id = `${split}-${i}`;
  const input = `${words.join(' ')} ${id}`;
  const label = pick(key, 3, LABELS) ?? '';
  const difficulty = pick(key, 4, ['easy', 'medium', 'hard'] as const) ?? 'easy';
  // Some prompts have no known key.
  const isKeyless = split === 'prompts' && i % 5 === 4;
  if (isKeyless) return { id, input, output: '' };
  switch (kind) {
    case 'classification':
      return { id, input, output: label, difficulty };
    case 'generation':
      return { id, input, output: `the ${words[0] ?? ''}`, references: [words[1] ?? ''] };
    case 'multiple-choice': {
      const choices = LABELS.map((text) => ({ text, correct: text === label }));
      // Some have a second right answer before the one that is best.
      if (i % 3 === 0) {
        const all = [{ text: 'all of it', correct: true }, ...choices];
        return {
          id,
          input,
          output: label,
          choices: all.map((one) => (one.text === label ? { ...one, best: true } : one)),
        };
      }
      return { id, input, output: label, choices };
    }
  }
}

export function toyTask(kind: TaskDefinition['kind']): Task {
  const split = (name: SplitName) => Array.from({ length: SIZES[name] }, (_, i) => rowOf(kind, name, i));
  const metrics = {
    classification: 'exact_match',
    generation: 'token_f1',
    'multiple-choice': 'mc1',
  } as const;
  return {
    definition: {
      ...{ id: `toy-${kind}`, description: 'A toy.', kind, role: 'development' },
      ...{ labels: kind === 'classification' ? LABELS : [], template: 'Thing: {input}\nKind:', stop: '\n' },
      ...{ k: 2, metric: metrics[kind], licence: 'MIT' },
    },
    splits: {
      ...{ pool: split('pool'), prompts: split('prompts'), validation: split('validation') },
      ...{ probe: split('probe'), test: split('test') },
    },
  };
}

/** What a script may say to the task: a few of its right answers. */
export const answersOf = ({ splits }: Task): readonly string[] =>
  [...new Set(splits.pool.map(({ output }) => output))].slice(0, 4);
