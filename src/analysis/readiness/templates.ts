/**
 * @file The prompt doctor: several templates on rows of pool and validation, never of the test. On some of the
 * rows they race: after each eight rows those go that are shown to be worse than the task's own, and the worse half of the
 * rest. What is left is held against the task's own on the others, so that being chosen does not speak for it; it wins only
 * where its paired interval there lies above zero.
 */
import type { Plan } from '../../words/plan.ts';
import type { Knobs } from '../../words/knobs.ts';
import type { SplitName } from '../../words/task.ts';
import type { PromptMaker } from '../../method/prompt-maker.ts';
import { promptMaker } from '../../method/prompt-maker.ts';
import type { Judgement, Paired } from '../paired.ts';
import { judge, paired } from '../paired.ts';
import { LEAST_PAIRS } from '../../metrics/statistics.ts';
import type { ReadinessPorts, SampleRow } from './ask-rows.ts';
import { askRows, sampleRows } from './ask-rows.ts';

export interface Wording {
  readonly name: string;
  readonly template: string;
  /** How the model's chat template is used; a knob of the run, which no task holds. */
  readonly chat: Knobs['chat'];
}

export interface Tried extends Wording {
  /** Share right of the race's rows that it was asked, and how many these are. */
  readonly first: number;
  readonly rows: number;
  /** Of the other rows; null where it was not asked. */
  readonly second: number | null;
}

export interface DoctorProgress {
  /** Answers so far, and at most: who leaves the race is asked no more. */
  readonly asked: number;
  readonly most: number;
  /** Wordings in the race; 2 after it. */
  readonly left: number;
}

export interface Examining {
  /** Rows in all. */
  readonly rows: number;
  /** The model has a chat template. */
  readonly hasChat: boolean;
  readonly onProgress?: (progress: DoctorProgress) => void;
}

export interface TemplateChoice {
  readonly tried: readonly Tried[];
  /** The best of the race; null where that is the task's own. */
  readonly best: Wording | null;
  readonly difference: Paired | null;
  readonly judgement: Judgement;
  /** What is shown to be better; null: the task's own stays. */
  readonly winner: Wording | null;
  /** Labels that were looked at, by split: they are used, as demonstrations are. */
  readonly labelsUsed: readonly { readonly split: SplitName; readonly rows: number }[];
}

const DOCTOR_SPLITS = ['validation', 'pool'] as const satisfies readonly SplitName[];
const FIELDS = [
  ['Text', 'Label'],
  ['Review', 'Sentiment'],
  ['Question', 'Answer'],
  ['Input', 'Output'],
  ['Sentence', 'Category'],
] as const;

/** Of a turn: fewer decide nothing. */
const TURN_ROWS = LEAST_PAIRS;
/** Of the race; what is beyond twice as many is all for what it named. */
const MOST_RACED = 24;

const isShownWorse = (difference: Paired | null): boolean =>
  difference !== null && judge(difference) === 'lower';

/** An empty line stands before what begins with a line break. */
const spaced = (template: string): string => (template.startsWith('\n') ? template : `\n${template}`);

/** Whether the model's own chat can be tried in the place of plain text. */
const canChat = ({ chat, tokenDropout }: Knobs, hasChat: boolean): boolean =>
  hasChat && chat === 'off' && tokenDropout === 0;

/** The task's own first, as the arm asks it. */
export function wordingsFor(
  { task: { definition }, arm: { knobs } }: Pick<Plan, 'task' | 'arm'>,
  hasChat: boolean,
): readonly [Wording, ...Wording[]] {
  const { template, labels } = definition;
  const { chat, system } = knobs;
  const of = (name: string, text: string): Wording => ({ name, template: text, chat });
  const own = of('own', template);
  const all = [
    own,
    of('own, empty line between', spaced(template)),
    ...(labels.length === 0
      ? []
      : [of('own, instruction', spaced(`Answer with one of: ${labels.join(', ')}.\n${template}`))]),
    ...FIELDS.flatMap(([input, output]) => {
      const text = `${input}: {input}\n${output}:`;
      return [of(`${input}/${output}`, text), of(`${input}/${output}, empty line between`, spaced(text))];
    }),
    ...(canChat(knobs, hasChat) ? [{ ...own, name: 'own, chat', chat: 'turns' } as const] : []),
    ...(chat !== 'off' && system === '' ? [{ ...own, name: 'own, plain text', chat: 'off' } as const] : []),
  ];
  const isFirst = (one: Wording, i: number) =>
    all.findIndex((other) => other.template === one.template && other.chat === one.chat) === i;
  return [own, ...all.filter(isFirst).slice(1)];
}

/** Right answers by row. What did not fit the context counts as wrong: it could not be asked. */
type Rights = Map<string, number>;
const meanOf = (rights: Rights): number =>
  rights.size === 0 ? 0 : [...rights.values()].reduce((sum, right) => sum + right, 0) / rights.size;

interface Racer {
  readonly wording: Wording;
  readonly maker: PromptMaker;
  readonly rights: Rights;
}

async function racerOf(plan: Plan, ports: ReadinessPorts, wording: Wording): Promise<Racer> {
  const { template, chat } = wording;
  const task = { ...plan.task, definition: { ...plan.task.definition, template } };
  const arm = { ...plan.arm, knobs: { ...plan.arm.knobs, chat } };
  return { wording, maker: await promptMaker({ ...plan, task, arm }, ports), rights: new Map() };
}

const differenceOf = (seed: number, a: Rights, b: Rights): Paired | null => {
  const side = (rights: Rights) => ({
    scores: new Map([[seed, meanOf(rights)]]),
    itemsOf: () => rights,
  });
  return paired(side(a), side(b));
};

const turnsOf = (rows: readonly SampleRow[]): readonly (readonly SampleRow[])[] =>
  Array.from({ length: Math.ceil(rows.length / TURN_ROWS) }, (_, turn) =>
    rows.slice(turn * TURN_ROWS, (turn + 1) * TURN_ROWS),
  );

/** @throws LabError as the ports throw */
export async function chooseTemplate(
  plan: Plan,
  ports: ReadinessPorts,
  { rows, hasChat, onProgress }: Examining,
): Promise<TemplateChoice> {
  const drawn = sampleRows(plan, rows, DOCTOR_SPLITS);
  const isEarly = (_: unknown, i: number) => i % 2 === 0 && i < 2 * MOST_RACED;
  const early = drawn.filter(isEarly);
  const late = drawn.filter((one, i) => !isEarly(one, i));
  const turns = turnsOf(early);
  const [ownWording, ...others] = wordingsFor(plan, hasChat);
  const own = await racerOf(plan, ports, ownWording);
  const all = [own];
  for (const wording of others) all.push(await racerOf(plan, ports, wording));

  let asked = 0;
  const ask = async (racer: Racer, into: Rights, some: readonly SampleRow[], left: number, most: number) => {
    const { answers } = await askRows(racer.maker, ports, some, 'few-shot');
    const right = new Map(answers.map((answer) => [answer.id, answer.right]));
    for (const { row } of some) into.set(row.id, right.get(row.id) ?? 0);
    asked += some.length;
    onProgress?.({ asked, most, left });
  };
  /** Answers that are still to come at most, of a race of so many from this turn on. */
  const ahead = (turn: number, racing: number): number => {
    const some = turns[turn];
    if (some === undefined) return 2 * late.length;
    return racing * some.length + ahead(turn + 1, 1 + Math.ceil((racing - 1) / 2));
  };

  let racing: readonly Racer[] = all;
  for (const [turn, some] of turns.entries()) {
    const most = asked + ahead(turn, racing.length);
    for (const racer of racing) await ask(racer, racer.rights, some, racing.length, most);
    const better = racing
      .filter((racer) => racer !== own && !isShownWorse(differenceOf(plan.seed, racer.rights, own.rights)))
      .sort((a, b) => meanOf(b.rights) - meanOf(a.rights));
    racing = [own, ...better.slice(0, Math.ceil((racing.length - 1) / 2))];
  }
  const found = racing.reduce((a, b) => (meanOf(b.rights) > meanOf(a.rights) ? b : a));
  const labelsUsed = (used: readonly SampleRow[]) =>
    DOCTOR_SPLITS.map((split) => ({ split, rows: used.filter((one) => one.split === split).length }));
  const tried = (second: (racer: Racer) => number | null): readonly Tried[] =>
    all.map((racer) => {
      const { wording, rights } = racer;
      return { ...wording, first: meanOf(rights), rows: rights.size, second: second(racer) };
    });
  if (found === own)
    return {
      ...{ tried: tried(() => null), best: null, difference: null, judgement: 'same', winner: null },
      labelsUsed: labelsUsed(early),
    };
  const ofBest: Rights = new Map();
  const ofOwn: Rights = new Map();
  const most = asked + 2 * late.length;
  for (const some of turnsOf(late)) {
    await ask(found, ofBest, some, 2, most);
    await ask(own, ofOwn, some, 2, most);
  }
  const difference = differenceOf(plan.seed, ofBest, ofOwn);
  const judgement = difference === null ? 'unknown' : judge(difference);
  const { wording } = found;
  return {
    tried: tried((racer) => (racer === found ? meanOf(ofBest) : racer === own ? meanOf(ofOwn) : null)),
    ...{ best: wording, difference, judgement, labelsUsed: labelsUsed(drawn) },
    winner: judgement === 'higher' ? wording : null,
  };
}
