/**
 * @file SOFT+'s ranking, before round 1: the base answers every prompt of the run once, few-shot, and its perplexity of
 * its own answer (answer tokens with the stop) ranks them. Only the ranking is kept: round t labels afresh.
 */
import type { LoopEvent } from '../words/events.ts';
import { generated, generation, owed } from './ask.ts';
import { perplexityOf } from '../metrics/perplexity.ts';
import { rankKey } from '../words/row-key.ts';
import { roundIn } from './agenda.ts';
import { UNKNOWN_PERPLEXITY } from './order.ts';
import { shotsOf, shotsSentence } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';

export async function* rank(run: RunContext, state: RunState): AsyncGenerator<LoopEvent> {
  if (roundIn(run.agenda, 0).ranked === 0 || state.ranking !== null) return;
  yield { type: 'phase', round: 0, phase: 'rank', items: run.prompts.length, detail: '' };
  const began = run.ports.now();
  const prompts = await Promise.all(run.prompts.map((item) => run.labelled(item, 'rank', 0)));
  const keys = run.prompts.map(({ row }) => rankKey(row.id));
  const greedy = { ...generation(run, 0), doSample: false };
  const answers = yield* generated(run, 0, null, prompts, keys, greedy, 'rank');
  const ranking = run.prompts.map(({ row }, i) => {
    const { text, logprobs, ids } = owed(answers[i], `answer to "${row.id}"`);
    return {
      id: row.id,
      answer: text.trim(),
      perplexity: perplexityOf(logprobs) ?? UNKNOWN_PERPLEXITY,
      tokens: ids.length,
    };
  });
  const tokens = ranking.reduce((sum, ranked) => sum + ranked.tokens, 0);
  const shots = shotsOf(prompts);
  if (shots !== undefined) yield { type: 'notice', round: 0, text: shotsSentence('Ordering', shots) };
  const cost = { tokens, milliseconds: run.ports.now() - began };
  yield { type: 'ranked', ranking, cost, ...(shots === undefined ? {} : { shots }) };
}
