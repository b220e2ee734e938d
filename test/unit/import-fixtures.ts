/** @file Small data files of our own for the importer's tests, in the layouts that published sets have. */
import type { ImportFile } from '../../src/words/importing.ts';

export function file(name: string, text: string): ImportFile {
  return { name, bytes: new TextEncoder().encode(text) };
}

const lines = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${make(i)}\n`).join('');

/** TSV with a header and integer labels, as few-shot sets of SST-2 and TREC are published. */
export const reviews = (name: string, count: number, from = 0): ImportFile =>
  file(name, `sentence\tlabel\n${lines(count, (i) => `film number ${from + i} was seen\t${i % 2}`)}`);

/** Lines of "COARSE:fine question", as TREC's. */
export const questions = (name: string, count: number): ImportFile =>
  file(
    name,
    lines(
      count,
      (i) => `${i % 3 === 0 ? 'LOC:city' : 'NUM:date'} ${i % 3 === 0 ? 'Where' : 'When'} is event ${i} ?`,
    ),
  );

/** TruthfulQA's columns, with a byte order mark and quoted commas. */
export const truths = (count: number): ImportFile =>
  file(
    'truths.csv',
    `\uFEFFType,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n${lines(
      count,
      (i) =>
        `A,Law,"Is ${i}, after all, even?",It may be ${i},"It may be ${i}; Yes, ${i}","No; Never, ${i}",none`,
    )}`,
  );

/** Questions without answers, as Vicuna's bench. */
export const openQuestions = (count: number): ImportFile =>
  file(
    'open_questions.jsonl',
    lines(count, (i) =>
      JSON.stringify({ question_id: i, category: 'generic', turns: [`How is thing ${i}?`] }),
    ),
  );

/** Instructions with instances, as self-instruct's seed tasks. */
export const seedTasks = (count: number): ImportFile =>
  file(
    'seeds.jsonl',
    lines(count, (i) =>
      JSON.stringify({
        id: `seed_${i}`,
        instruction: `Do thing ${i}.`,
        instances: [{ input: i % 2 === 0 ? '' : `with ${i}`, output: `First ${i},\nthen the rest of it.` }],
        is_classification: false,
      }),
    ),
  );
