/**
 * @file The rows of a plan as a model reads them: the seed's draw of a split, each row with its tokens, in the plain text
 * of the task's template or in the turns of a chat.
 */
import { LabError } from '../core/errors.ts';
import { deriveKey, shuffled } from '../core/random.ts';
import type { AnswerFrame } from '../words/chat.ts';
import type { RowsLeftOut } from '../words/events.ts';
import type { Plan } from '../words/plan.ts';
import type { SplitName, TaskRow } from '../words/task.ts';
import { checkChat, conversation } from './chat.ts';
import type { Ports } from './ports.ts';
import type { Words } from '../words/prompt-parts.ts';
import { completionText, rowText } from './prompt-text.ts';

/** A stretch of text with its tokens. */
export interface Piece extends Words {
  readonly ids: readonly number[];
}

/** A row as a prompt shows it. */
export interface Item {
  readonly row: TaskRow;
  /** In a chat, all of the prompt that shows no demonstrations. */
  readonly prompt: Piece;
  /** Leading space, answer, stop; in a chat, answer and end of turn. Of the empty answer where no key is known. */
  readonly completion: Piece;
}

/** Tokens beyond the pool's longest answer that an answer may have. */
const ANSWER_SLACK = 3;

/** What prompts need of a model: its tokenizer, its length, a retriever. */
export interface TextPorts extends Pick<Ports, 'model' | 'encode' | 'prefixIds' | 'retriever' | 'chat'> {
  /** Prompts are made for people alone, whom a name in a text's place tells what is missing; a model would answer it. */
  readonly isForShow?: true;
}

export async function piecesOf(ports: TextPorts, words: readonly Words[]): Promise<Piece[]> {
  const ids = await ports.encode(words.map(({ text }) => text));
  return words.map(({ text }, i) => ({ text, ids: ids[i] ?? [] }));
}

/** What makes tokens of a plan's rows. */
interface Reading {
  readonly plan: Plan;
  readonly ports: TextPorts;
  /** Around an answer in a chat; null for plain text. */
  readonly frame: AnswerFrame | null;
}

/** What is taught behind a prompt. */
export const taughtText = ({ plan, frame }: Pick<Reading, 'plan' | 'frame'>, answer: string): string => {
  const { definition } = plan.task;
  if (frame === null) return completionText(definition, answer);
  return frame.before + answer + (frame.after ?? definition.stop);
};

export async function encodeRows(reading: Reading, rows: readonly TaskRow[]): Promise<Item[]> {
  const { plan, ports, frame } = reading;
  const { definition } = plan.task;
  const completions = rows.map(({ output }) => ({ text: taughtText(reading, output) }));
  const prompts = rows.map((row) => rowText(definition, row).prompt);
  const alone = ({ text }: Words) => conversation(plan.arm.knobs, { preamble: '', shots: [], prompt: text });
  const [asked, answers] = await Promise.all([
    frame === null ? piecesOf(ports, prompts) : ports.chat.write(prompts.map(alone)),
    piecesOf(ports, completions),
  ]);
  const nothing: Piece = { text: '', ids: [] };
  return rows.map((row, i) => ({
    ...{ row, prompt: asked[i] ?? nothing, completion: answers[i] ?? nothing },
  }));
}

export interface Taken {
  readonly items: readonly Item[];
  /** Rows passed over because they do not fit into `room` tokens; [] where all fitted. */
  readonly leftOut: readonly RowsLeftOut[];
}

/** The first `wanted` rows of the split, in the seed's order, that fit: of the pool with their answers. */
export async function take(reading: Reading, split: SplitName, wanted: number, room: number): Promise<Taken> {
  const { plan } = reading;
  const order = shuffled(plan.task.splits[split], deriveKey(plan.seed, 'split', split));
  const items: Item[] = [];
  let [leftOut, of] = [0, 0];
  for (let from = 0; from < order.length && items.length < wanted; from += wanted) {
    for (const item of await encodeRows(reading, order.slice(from, from + wanted))) {
      of++;
      const length = item.prompt.ids.length + (split === 'pool' ? item.completion.ids.length : 0);
      if (length > room) leftOut++;
      else if (items.length < wanted) items.push(item);
    }
  }
  return { items, leftOut: leftOut === 0 ? [] : [{ split, leftOut, of }] };
}

export interface DrawnParts extends Pick<Reading, 'frame'> {
  /** Labelled items that demonstrations are drawn from. */
  readonly pool: readonly Item[];
  /** Tokens that an answer may have. */
  readonly maxNewTokens: number;
  /** Before a plain text; a chat's template writes its own. */
  readonly prefix: readonly number[];
  /** null: none. */
  readonly preamble: Piece | null;
  /** Of the pool's rows. */
  readonly leftOut: readonly RowsLeftOut[];
}

/** @throws LabError `invalid-request` where no item of the pool fits, a chat is not possible, or the task has no texts */
export async function drawParts(plan: Plan, ports: TextPorts): Promise<DrawnParts> {
  const { knobs } = plan.arm;
  if (plan.task.areTextsLeftOut === true && ports.isForShow !== true) {
    throw new LabError(
      'invalid-request',
      `This run was recorded without the texts of ${plan.task.definition.id}: they are not ours to hand on, so no model can be asked about them here.`,
      { remedy: 'Import the task from its own files, then ask.' },
    );
  }
  checkChat(plan.arm);
  const frame = knobs.chat === 'off' ? null : await ports.chat.frame();
  const prefix = frame === null ? await ports.prefixIds() : [];
  const [preamble = null] = knobs.preamble === '' ? [] : await piecesOf(ports, [{ text: knobs.preamble }]);
  const { maxPositions } = ports.model;
  const reading = { plan, ports, frame };
  const room = maxPositions - prefix.length;
  const { items: pool, leftOut } = await take(reading, 'pool', knobs.poolSize, room);
  if (pool.length === 0) {
    const { id } = plan.task.definition;
    throw new LabError(
      'invalid-request',
      `Task ${id} has no labelled items that fit into the model's ${maxPositions} positions.`,
      { remedy: 'Give it a pool of labelled items, or choose a model with a longer context.' },
    );
  }
  const longest = Math.max(...pool.map(({ completion }) => completion.ids.length));
  return {
    ...{ pool, prefix, preamble, frame, leftOut },
    maxNewTokens: knobs.maxNewTokens || longest + ANSWER_SLACK,
  };
}
