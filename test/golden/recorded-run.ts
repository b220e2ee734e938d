/**
 * @file A recorded run, phase by phase: from what stood before each event in the recording, the lab's own loop makes the
 * event anew. What goes on from one event to the next is the recording, but for the adapters, which are the lab's.
 */
import { bootstrap } from '../../src/method/loop.ts';
import type { Ports } from '../../src/method/ports.ts';
import { RunContext } from '../../src/method/run-context.ts';
import type { RunState } from '../../src/method/state.ts';
import { NEW_RUN, apply } from '../../src/method/state.ts';
import type { StoredEvent } from '../../src/store/runs/run-folder.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import type { Plan } from '../../src/words/plan.ts';
import { differences } from './recorded-differences.ts';
import type { RecordedRun } from './recorded-files.ts';
import type { KeepingPorts, Said } from './recorded-ports.ts';
import { keepingPorts } from './recorded-ports.ts';

/** The one lasting event that follows on `state`. */
async function nextEvent(plan: Plan, ports: Ports, state: RunState) {
  // What is answered in parts is told whole after them.
  for await (const event of bootstrap(plan, ports, state))
    if (isLasting(event) && event.type !== 'answered') return event;
  return null;
}

/** Answers by their items, with their tokens where the event tells them. */
function answersIn(event: StoredEvent | LastingEvent): readonly (Said & { readonly answer: string })[] {
  const bare = { ids: [], logprobs: [] };
  switch (event.type) {
    case 'labelled':
      return event.samples.map(({ id, ids, logprobs, answer, said }) => ({
        ...{ id, ids, logprobs },
        answer: `${answer}/${said ?? ''}`,
      }));
    case 'evaluated':
      return event.evaluation.predictions.map(({ id, answer }) => ({ id, answer, ...bare }));
    case 'ranked':
      return event.ranking.map(({ id, answer }) => ({ id, answer, ...bare }));
    case 'answered':
    case 'trained':
    case 'round-ended':
    case 'ended':
      return [];
  }
}

/** Ids of items whose answers are not the same, and part where both tokens were equally likely. */
async function tiesIn(
  recorded: StoredEvent,
  found: LastingEvent,
  plan: Plan,
  kept: KeepingPorts,
): Promise<ReadonlySet<string>> {
  const own = answersIn(found);
  const ties = new Set<string>();
  const least = Math.max(
    0,
    ...answersIn(recorded).flatMap(({ logprobs }, i) =>
      logprobs.map((one, at) => Math.abs(one - (own[i]?.logprobs[at] ?? one))),
    ),
  );
  for (const [i, said] of answersIn(recorded).entries()) {
    const other = own[i];
    const isSame = other?.answer === said.answer && String(other.ids) === String(said.ids);
    if (isSame || other?.id !== said.id) continue;
    const [guessed = []] =
      said.ids.length > 0
        ? [said.ids]
        : await (await RunContext.open(plan, kept.ports)).answerIds([said.answer]);
    if (await kept.isTie({ ...said, ids: guessed }, least)) ties.add(said.id);
  }
  return ties;
}

/** Without the answers of some items, and what was counted of them. */
function without(event: StoredEvent | LastingEvent, ids: ReadonlySet<string>): unknown {
  if (ids.size === 0) return event;
  const rest = (items: readonly { readonly id: string }[]) => items.filter(({ id }) => !ids.has(id));
  switch (event.type) {
    case 'labelled':
      return { ...event, samples: rest(event.samples), cost: null };
    case 'evaluated':
      return {
        ...event,
        evaluation: { ...event.evaluation, predictions: rest(event.evaluation.predictions) },
      };
    case 'ranked':
      return { ...event, ranking: rest(event.ranking), cost: null };
    case 'answered':
    case 'trained':
    case 'round-ended':
    case 'ended':
      return event;
  }
}

/** As a log has it. */
const stored = (event: LastingEvent): unknown =>
  event.type === 'trained' ? { ...event, adapter: { config: event.adapter.config } } : event;

/** Where the lab first parts from the recording, with all that differs in that event; [] where it does not. */
export async function departures({ lines }: RecordedRun, plan: Plan, lab: Ports): Promise<readonly string[]> {
  const kept = keepingPorts(lab);
  let state = NEW_RUN;
  for (const [i, { asked, event }] of lines.entries()) {
    const where = `event ${i + 1}, ${event.type}${'round' in event ? `, round ${event.round}` : ''}`;
    const found = await nextEvent(plan, kept.ports, state);
    if (found === null) return [`${where}: the lab's run has ended`];
    const ties = await tiesIn(event, found, plan, kept);
    const own = ties.size === 0 ? stored(found) : without(found, ties);
    const apart = [...differences(asked, kept.take(), 'asked'), ...differences(without(event, ties), own)];
    if (apart.length > 0)
      return apart.map(
        (one) => `${where}: ${one.at} ${JSON.stringify(one.recorded)} and ${JSON.stringify(one.found)}`,
      );
    if (event.type !== 'trained') state = apply(state, event);
    else if (found.type === 'trained') state = apply(state, { ...event, adapter: found.adapter });
  }
  const more = await nextEvent(plan, kept.ports, state);
  return more === null ? [] : [`after the last event: ${more.type}`];
}
