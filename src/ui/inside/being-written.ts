/** @file Prompts that the model has been given and what it has written so far, as text; and which of many a reader is left
 * with until they have read it. */
import { useEffect, useRef, useState } from 'react';
import type { Completion } from '../../words/engine.ts';
import type { AskedPrompt } from '../../words/events.ts';
import { rowOfKey } from '../../words/row-key.ts';
import type { Live } from '../../store/live/run-state.ts';

export interface BeingWritten extends AskedPrompt {
  /** Of the row, or the number of the question. */
  readonly id: string;
  readonly text: string;
  /** null while it is being written. */
  readonly completion: Completion | null;
}

/** Of a labelling: what is answered and what is being answered, in the order of the request; before the first word the prompt alone. */
export function beingWritten({ asked, writing, answers }: Live): readonly BeingWritten[] {
  const done = new Map(answers.map(({ completion }) => [completion.key, completion]));
  const first = writing.size > 0 ? undefined : asked.find(({ key }) => !done.has(key));
  return asked.flatMap((prompt) => {
    const completion = done.get(prompt.key) ?? null;
    const text = completion?.text ?? writing.get(prompt.key);
    if (text === undefined && prompt !== first) return [];
    return [{ ...prompt, id: rowOfKey('label', prompt.key), text: text ?? '', completion }];
  });
}

/** How long a finished answer stays before the next one takes its place, milliseconds. */
const READING_MS = 1200;

/** The id that is shown while nobody chooses: one stays until it is written and read. */
export function usePinned(
  all: readonly { readonly id: string; readonly isDone: boolean }[],
): string | undefined {
  const next = all.find(({ isDone }) => !isDone)?.id ?? all.at(-1)?.id;
  const [pinned, setPinned] = useState(next);
  const shown = all.find(({ id }) => id === pinned);
  const isGone = shown === undefined;
  const isRead = isGone || (shown.isDone && next !== pinned);
  // The newest at the time when this one has been read: until then it moves on.
  const newest = useRef(next);
  useEffect(() => {
    newest.current = next;
  }, [next]);
  useEffect(() => {
    if (!isRead) return undefined;
    const timer = setTimeout(
      () => {
        setPinned(newest.current);
      },
      isGone ? 0 : READING_MS,
    );
    return () => {
      clearTimeout(timer);
    };
  }, [isRead, isGone, pinned]);
  return shown?.id ?? next;
}
