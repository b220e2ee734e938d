/**
 * @file What the loaded model makes of a task before any run: answers few-shot and zero-shot, and what fits its context.
 * An answer depends on its row alone: time decides how many rows are asked, and whether labels are scored, and nothing else.
 */
import { isScoredDecoding } from '../../method/agenda.ts';
import { deriveKey, shuffled } from '../../core/random.ts';
import { agendaOf, shapeOf } from '../../method/agenda.ts';
import type { Prompt } from '../../method/prompt-maker.ts';
import { promptMaker } from '../../method/prompt-maker.ts';
import type { Mode } from '../../words/events.ts';
import type { Plan } from '../../words/plan.ts';
import type { ReadinessPorts, SampleAnswer } from './ask-rows.ts';
import { answerLimit, askRows, countFitting, isScorable, sampleRows, scored } from './ask-rows.ts';

export interface ReadinessSample {
  readonly answers: Readonly<Record<Mode, readonly SampleAnswer[]>>;
  /** Demonstrations wanted, and the mean of those that fitted. */
  readonly shots: { readonly wanted: number; readonly shown: number };
  readonly maxNewTokens: number;
  /** Prompts that the arm needs, those that were looked at and those of them that fit the context. */
  readonly prompts: { readonly needed: number; readonly seen: number; readonly fit: number };
}

/** How long is looked. */
export interface Look {
  /** Rows that are asked at most. */
  readonly rows: number;
  /** After so many seconds no more rows are begun; null: all are asked. */
  readonly seconds: number | null;
  /** Rows that are asked whatever the time; 4 if left out, since fewer say nothing. */
  readonly least?: number;
  /** Told as soon as the first rows are answered few-shot, which the word goes by, and whenever more is known. */
  readonly onSeen?: (sample: ReadinessSample) => void;
}

/** Asked together at first. */
const FIRST_ROWS = 4;

/** As many as before again, of what time is left for.
 * @param spent milliseconds on the rows asked so far */
function nextRows({ rows, seconds, least = FIRST_ROWS }: Look, asked: number, spent: number): number {
  if (asked === 0) return Math.min(FIRST_ROWS, rows);
  const wanted = Math.min(asked, rows - asked);
  if (seconds === null) return wanted;
  const affordable = Math.floor((1000 * seconds - spent) / Math.max(spent / asked, Number.EPSILON));
  const some = affordable >= Math.min(FIRST_ROWS, wanted) ? affordable : 0;
  return Math.min(wanted, Math.max(some, least - asked));
}

/** Where the run does not go by labels' scores they are asked if the first answers left time for it and leave something
 * to be mended by them.
 * @param spent milliseconds on those answers */
function isWorthScoring(
  plan: Plan,
  { seconds }: Look,
  answers: readonly SampleAnswer[],
  spent: number,
): boolean {
  const isTime = seconds === null || 2 * spent <= 1000 * seconds;
  return isTime && isScorable(plan) && answers.some(({ isLabel, right }) => isLabel === false || right < 1);
}

/** @throws LabError as the ports throw; `invalid-request` where no item of the pool fits */
export async function askSample(plan: Plan, ports: ReadinessPorts, look: Look): Promise<ReadinessSample> {
  const maker = await promptMaker(plan, ports);
  const { prompts: needed } = agendaOf(plan.arm, shapeOf(plan.task));
  const order = shuffled(plan.task.splits.prompts, deriveKey(plan.seed, 'split', 'prompts'));
  const prompts = { needed, ...(await countFitting(maker, ports, order, needed)) };
  const [few, zero, made]: [SampleAnswer[], SampleAnswer[], Prompt[]] = [[], [], []];
  const maxNewTokens = await answerLimit(maker);
  const seen = (): ReadinessSample => {
    // By what had no room: a row of the pool is no demonstration of itself, and so is shown one fewer.
    const leftOut = made.reduce((sum, prompt) => sum + prompt.leftOut, 0);
    const wanted = Math.min(maker.k, maker.pool.length);
    return {
      answers: { 'few-shot': [...few], 'zero-shot': [...zero] },
      shots: { wanted, shown: wanted - leftOut / Math.max(1, made.length) },
      ...{ maxNewTokens, prompts },
    };
  };
  const rows = sampleRows(plan, look.rows);
  const begun = ports.now();
  let isScored = isScoredDecoding(plan.arm.knobs.decoding) && isScorable(plan);
  for (let asked = 0; asked < rows.length;) {
    const next = nextRows({ ...look, rows: rows.length }, asked, ports.now() - begun);
    if (next <= 0) break;
    const some = rows.slice(asked, asked + next);
    const shot = await askRows(maker, ports, some, 'few-shot');
    made.push(...shot.prompts);
    few.push(...(isScored ? await scored(maker, ports, shot) : shot.answers));
    const isFirst = asked === 0;
    const spent = ports.now() - begun;
    if (isFirst) look.onSeen?.(seen());
    zero.push(...(await askRows(maker, ports, some, 'zero-shot')).answers);
    look.onSeen?.(seen());
    asked += next;
    if (!isFirst || isScored || !isWorthScoring(plan, look, shot.answers, spent)) continue;
    isScored = true;
    few.splice(0, Infinity, ...(await scored(maker, ports, shot)));
    look.onSeen?.(seen());
  }
  return seen();
}
