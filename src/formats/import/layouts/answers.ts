/** @file Layouts of free answers: conversations, preferences, instructions, passages with questions, plain pairs. */
import {
  ANSWER_NAMES,
  GROUP_NAMES,
  INSTRUCTION_NAMES,
  MATERIAL_NAMES,
  QUESTION_NAMES,
  REFERENCE_NAMES,
} from '../column-names.ts';
import { cellText, turnsOf } from '../cells.ts';
import { withColumn } from './made-column.ts';
import type { ColumnFacts, TableFacts } from '../facts.ts';
import { isJsonObject } from '../../json.ts';
import { NO_ROLES, type Layout } from './layout.ts';
import { bothOf, passageAndQuestion, setOf, textColumn } from './texts.ts';

const extra = (facts: TableFacts, but: readonly string[]) => ({
  references: facts.named(REFERENCE_NAMES, but)?.name ?? null,
  group: facts.named(GROUP_NAMES, but)?.name ?? null,
});
const isTalk = ({ conversations }: ColumnFacts): boolean => conversations > 0.5;
const PROMPT_NAMES = ['prompt', 'question', 'instruction', 'query', 'input'];

const preference: Layout = {
  name: 'a preferred and a rejected answer',
  example: '{"prompt": "What floats?", "chosen": "Cork does.", "rejected": "Nothing."}',
  isNot: 'right and wrong choices: what is rejected may be right as well',
  recognise: (facts) => {
    const chosen = facts.named(['chosen', 'preferred', 'chosenresponse', 'responsej']);
    const rejected = facts.named(['rejected', 'dispreferred', 'rejectedresponse', 'responsek']);
    if (chosen === null || rejected === null) return null;
    const prompt = facts.named(PROMPT_NAMES, [chosen.name, rejected.name]);
    if (prompt === null && !isTalk(chosen)) return null;
    const roles = { ...NO_ROLES, input: [prompt?.name ?? chosen.name], output: chosen.name };
    return {
      score: 10,
      because: `"${chosen.name}" is the answer; "${rejected.name}" is never used`,
      kind: 'generation',
      roles,
    };
  },
};

const approval: Layout = {
  name: 'a completion that was approved or not',
  example: '{"prompt": "What floats?", "completion": "Cork does.", "label": true}',
  isNot: 'a text with a label of true and false',
  recognise: (facts) => {
    const prompt = facts.named(['prompt']);
    const completion = facts.named(['completion', 'response']);
    const label = facts.named(['label', 'desirable', 'thumbsup']);
    if (prompt === null || completion === null || label === null) return null;
    if (!facts.cells(label.name).every((cell) => /^(true|false)$/i.test(cellText(cell)))) return null;
    return {
      score: 10,
      because: `"${label.name}" approves "${completion.name}" or not; only what was approved is an answer`,
      roles: { ...NO_ROLES, input: [prompt.name], output: 'approved answer' },
      prepare: (table) =>
        withColumn(table, 'approved answer', ({ cells }) =>
          /^true$/i.test(cellText(cells.get(label.name)))
            ? (cells.get(completion.name) ?? '')
            : { reject: 'it was not approved' },
        ),
    };
  },
};

const conversation: Layout = {
  name: 'a conversation',
  example:
    '{"messages": [{"role": "user", "content": "What floats?"}, {"role": "assistant", "content": "Cork."}]}',
  isNot: 'a list of answers',
  recognise: (facts) => {
    const talk = facts.columns.filter(isTalk);
    const first =
      talk.find(({ plain }) => /^(messages|conversations?|dialogue?|chat|turns)$/.test(plain)) ?? talk[0];
    if (first === undefined || first.plain === 'chosen') return null;
    const turns = facts.cells(first.name).map(turnsOf);
    const answered = turns.filter(
      (all) => all?.some(({ speaker }) => speaker === 'assistant') === true,
    ).length;
    const longer = turns.filter(
      (all) => (all?.filter(({ speaker }) => speaker === 'assistant').length ?? 0) > 1,
    ).length;
    if (answered * 2 < turns.length) return null;
    const told =
      longer === 0 ? '' : `; ${longer} of ${turns.length} sampled go on after it, which is left out`;
    const because = `"${first.name}" holds turns: the user's first is the input, the assistant's after it the answer${told}`;
    return {
      score: 9.5,
      because,
      roles: { ...NO_ROLES, input: [first.name], output: first.name, ...extra(facts, [first.name]) },
    };
  },
};

const promptAndCompletion: Layout = {
  name: 'a prompt and its completion',
  example:
    '{"prompt": [{"role": "user", "content": "What floats?"}], "completion": [{"role": "assistant", "content": "Cork."}]}',
  isNot: 'one list with both',
  recognise: (facts) => {
    const prompt = facts.named(['prompt', 'prompts']);
    const completion = facts.named(
      ['completion', 'completions', 'response', 'responses'],
      prompt === null ? [] : [prompt.name],
    );
    if (prompt === null || completion === null || facts.named(['rejected']) !== null) return null;
    const taken = [prompt.name, completion.name];
    return {
      score: 8,
      because: `"${prompt.name}" and "${completion.name}"`,
      roles: { ...NO_ROLES, input: [prompt.name], output: completion.name, ...extra(facts, taken) },
    };
  },
};

const instruction: Layout = {
  name: 'an instruction with its material',
  example: '{"instruction": "Name what floats.", "context": "Cork and iron.", "response": "Cork"}',
  isNot: 'a passage with a question: nothing is asked of the material alone',
  recognise: (facts) => {
    const both = bothOf(facts, INSTRUCTION_NAMES, MATERIAL_NAMES);
    const answer = facts.named(ANSWER_NAMES, both ?? []);
    if (both === null || answer === null) return null;
    const roles = { ...NO_ROLES, input: both, output: answer.name, ...extra(facts, [...both, answer.name]) };
    return {
      score: 8,
      because: `"${both.join('" and "')}" are the input, "${answer.name}" is the answer`,
      roles,
    };
  },
};

const passage: Layout = {
  name: 'a passage, a question and its answer',
  example:
    '{"context": "Cork floats.", "question": "What floats?", "answers": {"text": ["Cork"], "answer_start": [0]}}',
  isNot: 'a passage with a question and a label: that is a pair',
  recognise: (facts) => {
    const both = passageAndQuestion(facts);
    const answer = facts.named(['answers', ...ANSWER_NAMES], both ?? []);
    if (both === null || answer === null) return null;
    const isSpan = facts
      .cells(answer.name)
      .some(
        (cell) => Array.isArray(cell) && cell.some((each) => isJsonObject(each) && 'answer_start' in each),
      );
    const roles = { ...NO_ROLES, input: both, output: answer.name, ...extra(facts, [...both, answer.name]) };
    const because = `"${both.join('" and "')}" are the input, "${answer.name}" is the answer${isSpan ? ', a span of the passage' : ''}`;
    return {
      score: isSpan ? 9 : 7,
      because,
      roles,
      ...(isSpan || answer.lists > 0.5 ? { kind: 'generation' } : {}),
    };
  },
};

/** A saved answer column of labels is left to the layouts of labels, which say more of it. */
const questionAndAnswer: Layout = {
  name: 'an input and its answer',
  example: 'question,answer / What floats?,Cork does.',
  isNot: 'a text with a label, where the same few answers return',
  recognise: (facts) => {
    const whole = setOf(facts, [
      ['instruction', 'output'],
      ['input', 'output'],
      ['source', 'target'],
      ['input', 'target'],
    ]);
    const asked = whole?.[0] ?? facts.named([...QUESTION_NAMES, ...PROMPT_NAMES])?.name ?? null;
    const input =
      asked ??
      textColumn(
        facts,
        facts.columns.filter(({ plain }) => ANSWER_NAMES.includes(plain)).map(({ name }) => name),
      )?.name ??
      null;
    const answer = whole?.[1] ?? (input === null ? null : (facts.named(ANSWER_NAMES, [input])?.name ?? null));
    if (input === null || answer === null) return null;
    const roles = { ...NO_ROLES, input: [input], output: answer, ...extra(facts, [input, answer]) };
    return { score: 4, because: `the names "${input}" and "${answer}"`, roles };
  },
};

export const ANSWER_LAYOUTS: readonly Layout[] = [
  preference,
  approval,
  conversation,
  promptAndCompletion,
  instruction,
  passage,
  questionAndAnswer,
];
