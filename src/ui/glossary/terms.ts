/**
 * @file The lab's words in plain language, each with what the papers call it where that differs. One word per thing, as
 * docs/METHOD.md uses them.
 */
import { LabError } from '../../core/errors.ts';
import type { Score } from '../../metrics/metric.ts';
import type { ScoreName } from '../../metrics/scores.ts';
import { SCORES, scoreOf } from '../../metrics/scores.ts';

export interface TermEntry {
  readonly title: string;
  /** One or two sentences that need no other entry. */
  readonly text: string;
  /** Where the word comes from, or its name elsewhere; '' where there is nothing to say. */
  readonly source: string;
}

const SOFT_PAPER = 'SOFT, arXiv 2402.07610';
const ISARA_PAPER = 'ISARA, arXiv 2401.06785';

const entry = (title: string, text: string, source = ''): TermEntry => ({ title, text, source });

export const TERMS = {
  bootstrapping: entry(
    'bootstrapping',
    'A model labels data, learns from its own labels, and labels the next data better than before. Whether it does is what every run measures.',
    SOFT_PAPER,
  ),
  base: entry('base model', 'The model as it was pretrained, before any adapter. It is round 0.'),
  run: entry('run', 'Everything one press of Run computes: every arm with every seed.'),
  round: entry(
    'round',
    'One turn of the loop: label a part of the prompts, train on the labels, score. Rounds hold epochs, epochs hold steps.',
    'A “step” or “stage” in the papers',
  ),
  arm: entry('arm', 'One way of doing it, run beside others that differ in one thing only.'),
  prompt: entry('prompt', 'An input without a label. No prompt is used in two rounds.'),
  demonstration: entry(
    'demonstration',
    'A labelled item that stands before the prompt, so that the model sees what is wanted.',
    'In-context example, exemplar, shot',
  ),
  pool: entry(
    'ICL pool',
    'The few labelled items that demonstrations are drawn from. It is all the supervision there is.',
    'In-context learning examples; ISARA’s seed set D',
  ),
  'self-label': entry(
    'self-label',
    'What the model answered to a prompt. It is trained on as if it were right.',
    'Pseudo-label, self-generated response',
  ),
  sample: entry('sample', 'A prompt with its self-label.'),
  example: entry('example', 'A sample that passed the filter and is trained on.'),
  teacher: entry(
    'teacher',
    'The model that labels: in round t the one that round t − 1 trained. In round 1 it is the base.',
  ),
  student: entry(
    'student',
    'The model that learns from the teacher’s labels; in the next round it is the teacher.',
  ),
  adapter: entry(
    'adapter',
    'A few small matrices beside the base’s weights. Training changes only them, so every round can be kept and swapped in.',
    'PEFT’s word',
  ),
  lora: entry(
    'LoRA',
    'Low-rank adaptation: each linear layer gets two thin matrices A and B whose product is added to its weights.',
    'arXiv 2106.09685',
  ),
  'zero-shot': entry('zero-shot', 'The prompt alone, without demonstrations.'),
  'few-shot': entry('few-shot', 'The prompt with k demonstrations before it.', 'k-shot, in-context learning'),
  perplexity: entry(
    'perplexity',
    'How unsure the model is of its own words: 1 is certain, 2 is a coin toss at every token. It ranks prompts from easy to hard in SOFT+.',
    'exp of the mean negative log-probability of the answer’s tokens',
  ),
  token: entry('token', 'A piece of a word. Models read and write these, never letters.'),
  probe: entry(
    'probe',
    'Labelled items that no arm ever trains on. Every teacher labels them: it shows whether the teacher itself improves.',
  ),
  validation: entry('validation', 'Labelled items that decide when to stop. They never count in the result.'),
  test: entry('test', 'Labelled items for the result alone. They never decide anything.'),
  'frozen-teacher': entry(
    'frozen teacher',
    'SOFT in everything, but all labels come from the base. What SOFT gains over it is the bootstrapping effect.',
  ),
  'single-round': entry(
    'single round',
    'The base labels all prompts at once, and there is one training of as many steps.',
  ),
  gold: entry('gold', 'The same training on the hidden, right labels: the ceiling.'),
  floor: entry(
    'floors',
    'What needs no training: chance, the most frequent label, the base zero-shot and few-shot.',
  ),
  'bootstrapping-effect': entry(
    'bootstrapping effect',
    'SOFT minus its frozen teacher. Nothing else differs between the two.',
  ),
  seed: entry(
    'seed',
    'A number that fixes every draw. The same seed gives the same run; several seeds show how much is luck.',
  ),
  interval: entry(
    'interval',
    'Where the true difference lies in 95 of 100 such studies. If it holds zero, no difference has been shown.',
    'Student’s t, paired by seed',
  ),
  collapse: entry(
    'collapse',
    'The model trains on its own mistakes until it says the same to everything. Label balance and entropy show it first.',
    'Model collapse',
  ),
  filter: entry(
    'filter',
    'Drops answers that are empty, unfinished or repeat themselves, and where the setup says so those that are no label. Their places are refilled.',
  ),
  greedy: entry('greedy', 'Always the most likely token: the same text every time.'),
  temperature: entry(
    'temperature',
    'How boldly tokens are drawn: near 0 almost greedy, 1 as the model has it, above 1 flatter.',
  ),
  'top-k': entry('top k', 'Draw only among the k most likely tokens. 0 allows all.'),
  'top-p': entry(
    'top p',
    'Draw only among the most likely tokens that together have this probability. 1 allows all.',
    'Nucleus sampling, arXiv 1904.09751',
  ),
  soft: entry(
    'SOFT',
    'Step-On-Feet Tuning: label a part of the prompts few-shot, train zero-shot on the answers, and let the trained model label the next part.',
    SOFT_PAPER,
  ),
  'soft-plus': entry(
    'SOFT+',
    'SOFT with the prompts ordered first: what the base is sure of comes in the first round.',
    SOFT_PAPER,
  ),
  isara: entry(
    'ISARA',
    'Iterative self-alignment: from under a hundred pairs the model writes its own new questions, answers them with the nearest pairs before it, and trains on both.',
    ISARA_PAPER,
  ),
} as const satisfies Record<string, TermEntry>;

/** The scores have their words with them. */
const scoreEntry = ({ title, glossary, help }: Score): TermEntry => entry(title, glossary ?? help);

export type TermId = keyof typeof TERMS | ScoreName;
const isTerm = (id: TermId): id is keyof typeof TERMS => Object.hasOwn(TERMS, id);
export function termOf(id: TermId): TermEntry {
  if (isTerm(id)) return TERMS[id];
  const score = scoreOf(id);
  if (score === undefined) throw new LabError('internal', `No term "${id}".`);
  return scoreEntry(score);
}
/** By title; of the scores those that the page shows by name. */
export const ALL_TERMS: readonly TermEntry[] = [
  ...Object.values<TermEntry>(TERMS),
  ...SCORES.filter((score: Score) => score.isCharted ?? score.glossary).map(scoreEntry),
].sort((a, b) => a.title.localeCompare(b.title, 'en'));
