/**
 * @file The prompt doctor: several templates on rows of pool and validation, never of the test. The best of the first half
 * of the rows is held against the task's own on the second half, so that being chosen does not speak for it; it wins
 * only where its paired interval there lies above zero.
 */
import type { Plan } from '../../words/plan.ts';
import type { SplitName, TaskDefinition } from '../../words/task.ts';
import { promptMaker } from '../../method/prompt-maker.ts';
import type { Judgement, Paired } from '../paired.ts';
import { judge, paired } from '../paired.ts';
import type { ReadinessPorts, SampleAnswer, SampleRow } from './sample.ts';
import { askRows, sampleRows } from './sample.ts';

export interface Wording {
  readonly name: string;
  readonly template: string;
  /** The model's chat template; a knob of the run, which no task holds. */
  readonly chat: 'off' | 'turns';
}

export interface Tried extends Wording {
  /** Right answers of the first half, and of the second; null where it was not asked. */
  readonly first: number;
  readonly second: number | null;
}

export interface TemplateChoice {
  readonly tried: readonly Tried[];
  /** The best of the first half; null where that is the task's own. */
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

/** An empty line stands before what begins with a line break. */
const spaced = (template: string): string => (template.startsWith('\n') ? template : `\n${template}`);

/** The task's own first. */
export function wordingsFor(
  { template, labels }: Pick<TaskDefinition, 'template' | 'labels'>,
  hasChat: boolean,
): readonly Wording[] {
  const plain = (name: string, text: string): Wording => ({ name, template: text, chat: 'off' });
  const all = [
    plain('own', template),
    plain('own, empty line between', spaced(template)),
    ...(labels.length === 0
      ? []
      : [plain('own, instruction', spaced(`Answer with one of: ${labels.join(', ')}.\n${template}`))]),
    ...FIELDS.flatMap(([input, output]) => {
      const text = `${input}: {input}\n${output}:`;
      return [
        plain(`${input}/${output}`, text),
        plain(`${input}/${output}, empty line between`, spaced(text)),
      ];
    }),
    ...(hasChat ? [{ name: 'own, chat', template, chat: 'turns' } as const] : []),
  ];
  return all.filter(
    (one, i) => all.findIndex((other) => other.template === one.template && other.chat === one.chat) === i,
  );
}

const meanRight = (answers: readonly SampleAnswer[], of: number): number =>
  of === 0 ? 0 : answers.reduce((sum, { right }) => sum + right, 0) / of;

/** What did not fit the context counts as wrong: it could not be asked. */
const valuesOf = (
  rows: readonly SampleRow[],
  answers: readonly SampleAnswer[],
): ReadonlyMap<string, number> => {
  const right = new Map(answers.map((answer) => [answer.id, answer.right]));
  return new Map(rows.map(({ row }) => [row.id, right.get(row.id) ?? 0]));
};

async function answersOf(plan: Plan, ports: ReadinessPorts, wording: Wording, rows: readonly SampleRow[]) {
  const { template, chat } = wording;
  const task = { ...plan.task, definition: { ...plan.task.definition, template } };
  const arm = { ...plan.arm, knobs: { ...plan.arm.knobs, chat } };
  const maker = await promptMaker({ ...plan, task, arm }, ports);
  return (await askRows(maker, ports, rows, 'few-shot', false)).answers;
}

/** @param wanted rows in all
 * @throws LabError as the ports throw */
export async function chooseTemplate(
  plan: Plan,
  ports: ReadinessPorts,
  { wanted, hasChat }: { readonly wanted: number; readonly hasChat: boolean },
): Promise<TemplateChoice> {
  const drawn = sampleRows(plan, wanted, DOCTOR_SPLITS);
  const [first, second] = [0, 1].map((half) => drawn.filter((_, i) => i % 2 === half));
  const [early, late] = [first ?? [], second ?? []];
  const [own, ...others] = wordingsFor(plan.task.definition, hasChat);
  const tried: Tried[] = [];
  const ask = (wording: Wording, rows: readonly SampleRow[]) => answersOf(plan, ports, wording, rows);
  for (const wording of own === undefined ? [] : [own, ...others])
    tried.push({ ...wording, first: meanRight(await ask(wording, early), early.length), second: null });
  const found = tried.reduce((a, b) => (b.first > a.first ? b : a));
  const labelsUsed = DOCTOR_SPLITS.map((split) => ({
    split,
    rows: drawn.filter((one) => one.split === split).length,
  }));
  if (own === undefined || found === tried[0])
    return { tried, best: null, difference: null, judgement: 'same', winner: null, labelsUsed };
  const [ofBest, ofOwn] = [await ask(found, late), await ask(own, late)];
  const side = (answers: readonly SampleAnswer[]) => ({
    scores: new Map([[plan.seed, meanRight(answers, late.length)]]),
    itemsOf: () => valuesOf(late, answers),
  });
  const difference = paired(side(ofBest), side(ofOwn));
  const judgement = difference === null ? 'unknown' : judge(difference);
  const seconds = new Map([
    [found.name, meanRight(ofBest, late.length)],
    [own.name, meanRight(ofOwn, late.length)],
  ]);
  return {
    tried: tried.map((one) => ({ ...one, second: seconds.get(one.name) ?? null })),
    ...{ best: found, difference, judgement, labelsUsed },
    winner: judgement === 'higher' ? found : null,
  };
}
