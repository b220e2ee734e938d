/**
 * @file The bootstrapping loop: label, filter, train, evaluate, and let the improved model label the next part.
 * SOFT and SOFT+ (Step-On-Feet Tuning, arXiv 2402.07610), ISARA (arXiv 2401.06785) and their controls are this one loop;
 * the agenda (agenda.ts) says in what they differ. Only abstracts and digests of the papers could be read: what they leave open is
 * decided as docs/METHOD.md says, and no table of theirs is claimed to be replicated.
 */
import { closeRound, bestRound, reasonToEnd } from './decide.ts';
import { evaluate } from './evaluate.ts';
import type { LoopEvent } from '../words/events.ts';
import { isLasting } from '../words/events.ts';
import { label } from './label.ts';
import { learn } from './learn.ts';
import type { Plan } from '../words/plan.ts';
import type { Ports } from './ports.ts';
import { rank } from './rank.ts';
import { rowsSentence } from './room.ts';
import { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { NEW_RUN, apply } from './state.ts';

type Step = (
  run: RunContext,
  state: RunState,
  round: number,
) => AsyncGenerator<LoopEvent> | Generator<LoopEvent>;

/**
 * Runs a plan from `state` on; the final state is the return value. Each step does only what the state lacks, so a run
 * that was stopped after any event goes on from its lasting events to the same results.
 * @throws LabError `cancelled` when the ports' signal is raised, `invalid-request` for a plan that the task cannot feed,
 * and whatever the ports throw; the events told until then stay valid.
 */
export async function* bootstrap(
  plan: Plan,
  ports: Ports,
  state: RunState = NEW_RUN,
): AsyncGenerator<LoopEvent, RunState> {
  const run = await RunContext.open(plan, ports);
  const told = async function* (step: Step, round: number): AsyncGenerator<LoopEvent> {
    for await (const event of step(run, state, round)) {
      if (isLasting(event)) state = apply(state, event);
      yield event;
    }
  };
  if (run.rowsLeftOut.length > 0)
    yield { type: 'notice', round: 0, text: rowsSentence(run.rowsLeftOut, ports.model.maxPositions) };
  const ending = (round: number) => (state.end === null ? reasonToEnd(run, state, round) : null);

  // Round 0 is the base: what every round is compared with.
  for (const { round } of run.agenda.rounds) {
    yield* told(label, round); // the teacher answers this round's prompts; filters drop, reserves refill
    yield* told(learn, round); // LoRA on the self-labels
    yield* told(evaluate, round); // zero-shot and few-shot: validation, test, probe
    yield* told(closeRound, round);
    if (round === 0) yield* told(rank, round); // SOFT+: easy to hard, by the base's perplexity of its own answers
    const reason = ending(round);
    if (reason === null) continue;
    const end = { type: 'ended', reason, bestRound: bestRound(state.rounds) } as const;
    state = apply(state, end);
    yield end;
    break;
  }
  return state;
}
