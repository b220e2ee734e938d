/** @file The corpus: deterministic, grammatical where a rule can tell, rich, and free of what belongs to the tasks. */
import { describe, expect, it } from 'vitest';
import { corpusDocument } from '../../tools/world/corpus.ts';
import { RESERVED_PAIRS } from '../../tools/world/fields.ts';
import { isHeldOut } from '../../tools/world/holdout.ts';
import { CONFIRMATION_TASKS, DEVELOPMENT_TASKS, SEEDS } from '../../tools/world/tasks.ts';
import { SPLITS } from '../../src/words/task.ts';
import { drawTask } from '../../tools/world/write-task.ts';

const SEED = 1;
const DOCUMENTS = 3000;
const texts = Array.from({ length: DOCUMENTS }, (_, index) =>
  corpusDocument(SEED, index)
    .pieces.map((piece) => piece.text)
    .join(''),
);
const corpus = texts.join('\n');
const sentences = new Set(
  texts.flatMap((text) =>
    text.split('\n').flatMap((line) => {
      const bare = line.replace(/^[A-Z][a-z]+: /, '');
      return [bare, ...bare.split(/(?<=[.?!]) (?=[A-Z])/)];
    }),
  ),
);
const tasks = [...DEVELOPMENT_TASKS, ...CONFIRMATION_TASKS];

describe('corpus', () => {
  it('is the same for the same seed and another for another', () => {
    expect(corpusDocument(SEED, 17)).toEqual(corpusDocument(SEED, 17));
    expect(corpusDocument(SEED + 1, 17)).not.toEqual(corpusDocument(SEED, 17));
  });

  it('has at least 1,500 different words', () => {
    expect(new Set(corpus.toLowerCase().match(/[a-z]+/g)).size).toBeGreaterThanOrEqual(1500);
  });

  it('sets every article by the sound that follows', () => {
    expect(corpus.match(/\b[Aa] (?=[aeiou])(?!uni|use|euro|one|uku)\w+/g) ?? []).toEqual([]);
    expect(corpus.match(/\b[Aa]n (?![aeiou]|hour|honest)\w+/g) ?? []).toEqual([]);
  });

  it('agrees in number and leaves no blank, doubled space or doubled word', () => {
    expect(
      corpus.match(/\b(he|she|it) (are|were|have|do)\b|\b(they|we) (is|was|has|does)\b/gi)?.slice(0, 5) ?? [],
    ).toEqual([]);
    expect(corpus.match(/\bI (is|are|were|does|has)\b/g) ?? []).toEqual([]);
    expect(corpus.match(/[{}]| {2}|undefined| [.,?!]/g) ?? []).toEqual([]);
    expect(corpus.match(/\b(the|a|an|to|was|is) \1\b/gi) ?? []).toEqual([]);
  });

  it('holds nothing but sentences that are free for it', () => {
    const inputs = tasks
      .filter((task) => task.kind !== 'multiple-choice')
      .flatMap((task) => inputsOf(task.id));
    expect(inputs.every(isHeldOut)).toBe(true);
    const shared = tasks.flatMap((task) => inputsOf(task.id)).filter((input) => sentences.has(input));
    expect(shared).toEqual([]);
  });

  it('never joins the fields of a task', () => {
    for (const { input, output } of RESERVED_PAIRS) {
      expect(new RegExp(`\\b${input}: .*\\n${output}:`).exec(corpus) ?? []).toEqual([]);
    }
    for (const task of tasks) expect(RESERVED_PAIRS).toContainEqual(task.fields);
  });

  it('weighs a label more once the episode has shown its value', () => {
    const pieces = corpusDocument(
      SEED,
      texts.findIndex((text) => /^[A-Z][a-z]+: /.test(text)),
    ).pieces;
    const labels = pieces.filter((_, index) => index % 2 === 1);
    const seen = new Set<string>();
    for (const { text, weight } of labels.slice(0, 6)) {
      expect({ text, weight }).toEqual({ text, weight: seen.has(text) ? 6 : 1 });
      seen.add(text);
    }
  });
});

function inputsOf(id: string): string[] {
  const task = tasks.find((each) => each.id === id);
  if (task === undefined) return [];
  const splits = drawTask(task, SEEDS[task.role]);
  return SPLITS.flatMap((split) => splits[split].map((row) => row.input));
}
