/**
 * @file What is done to a run's tables, each in one transaction: its record, its events and the task that it names are
 * changed together or not at all, and not while another window computes the run.
 */
import type { LastingEvent } from '../words/events.ts';
import type { EventAdds, EventPlace, RunChange, WholeRun, Written } from '../store/runs/vault.ts';
import type { Database } from './database.ts';
import type { Leases } from './leases.ts';

/** All events of a run: keys are arrays, and [] sorts behind every string and number. */
const eventsOf = (run: string): IDBKeyRange => IDBKeyRange.bound([run], [run, []]);

export async function writeWhole(
  database: Database,
  leases: Leases,
  { record, task, events }: WholeRun,
): Promise<Written> {
  const { id, taskKey } = record;
  const change = database.transaction(['runs', 'events', 'tasks', 'leases'], 'readwrite');
  const [runs, told, tasks] = [
    change.objectStore('runs'),
    change.objectStore('events'),
    change.objectStore('tasks'),
  ];
  const isTaken = await leases.isTaken(change.objectStore('leases'), id);
  if (!isTaken) {
    const isThere = (await tasks.getKey(taskKey)) !== undefined;
    const writes: Promise<unknown>[] = [told.delete(eventsOf(id)), runs.put(record)];
    if (!isThere) writes.push(tasks.put({ key: taskKey, task, isListed: false }));
    for (const [cell, own] of events)
      own.forEach((event, index) => writes.push(told.put(event, [id, cell, index])));
    await Promise.all(writes);
  }
  await change.done;
  return isTaken ? 'elsewhere' : 'kept';
}

export async function writeChange(
  database: Database,
  leases: Leases,
  id: string,
  change: RunChange,
): Promise<Written> {
  const changing = database.transaction(['runs', 'leases'], 'readwrite');
  const runs = changing.objectStore('runs');
  const before = await runs.get(id);
  const isTaken = change.status !== undefined && (await leases.isTaken(changing.objectStore('leases'), id));
  if (before !== undefined && !isTaken) await runs.put({ ...before, ...change });
  await changing.done;
  return isTaken ? 'elsewhere' : before === undefined ? 'gone' : 'kept';
}

export async function removeRun(database: Database, leases: Leases, id: string): Promise<Written> {
  const change = database.transaction(['runs', 'events', 'tasks', 'leases'], 'readwrite');
  const [runs, tasks, kept] = [
    change.objectStore('runs'),
    change.objectStore('tasks'),
    change.objectStore('leases'),
  ];
  const isTaken = await leases.isTaken(kept, id);
  if (!isTaken) {
    await Promise.all([runs.delete(id), kept.delete(id), change.objectStore('events').delete(eventsOf(id))]);
    const used = new Set((await runs.getAll()).map(({ taskKey }) => taskKey));
    for (const { key, isListed } of await tasks.getAll())
      if (!isListed && !used.has(key)) await tasks.delete(key);
  }
  await change.done;
  return isTaken ? 'elsewhere' : 'kept';
}

export async function writeEvent(
  database: Database,
  leases: Leases,
  { run, cell, index }: EventPlace,
  event: LastingEvent,
  adds: EventAdds,
): Promise<Written> {
  const change = database.transaction(['runs', 'events', 'leases'], 'readwrite');
  const [runs, events] = [change.objectStore('runs'), change.objectStore('events')];
  const [record, before, there, isTaken] = await Promise.all([
    runs.get(run),
    index === 0 ? null : events.getKey([run, cell, index - 1]),
    events.getKey([run, cell, index]),
    leases.isTaken(change.objectStore('leases'), run),
  ]);
  const isNext = before !== undefined && there === undefined;
  if (record !== undefined && isNext && !isTaken) {
    const scores = adds.score === null ? record.scores : { ...record.scores, [cell]: adds.score };
    await Promise.all([
      events.add(event, [run, cell, index]),
      runs.put({ ...record, scores, bytes: record.bytes + adds.bytes }),
    ]);
  }
  await change.done;
  if (isTaken) return 'elsewhere';
  return record === undefined ? 'gone' : isNext ? 'kept' : 'not-next';
}

/** By cell, in order, up to the first that is missing. */
export async function readEvents(
  database: Database,
  run: string,
): Promise<ReadonlyMap<string, readonly LastingEvent[]>> {
  const range = eventsOf(run);
  const reading = database.transaction('events');
  const [keys, values] = await Promise.all([reading.store.getAllKeys(range), reading.store.getAll(range)]);
  const cells = new Map<string, LastingEvent[]>();
  keys.forEach(([, cell, index], i) => {
    const event = values[i];
    const own = cells.get(cell) ?? [];
    cells.set(cell, own);
    // What stands behind a hole belongs to no state.
    if (event !== undefined && index === own.length) own.push(event);
  });
  return cells;
}

export async function readLastEvents(
  database: Database,
  run: string,
): Promise<ReadonlyMap<string, LastingEvent>> {
  const reading = database.transaction('events');
  const last = new Map((await reading.store.getAllKeys(eventsOf(run))).map((key) => [key[1], key]));
  const found = new Map<string, LastingEvent>();
  for (const [cell, key] of last) {
    const event = await reading.store.get(key);
    if (event !== undefined) found.set(cell, event);
  }
  return found;
}
