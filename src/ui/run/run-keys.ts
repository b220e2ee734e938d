/**
 * @file Keys of the Run view: Space runs, pauses and goes on, or plays and rests what is played; the right arrow goes on to
 * the next result, with Shift to the end of the round. A control that uses a key itself has it.
 */
import { useEffect } from 'react';

/** Buttons of the controls, by their accessible names. */
export type RunKey = 'main' | 'phase' | 'round';

const OWN_ARROWS =
  'input, textarea, select, [contenteditable], [role=slider], [role=tab], [role=radio], [role=row], [role=gridcell], [role=grid], ' +
  '[role=option], [role=menuitem], [role=listbox], [role=dialog] *';
const OWN_SPACE = `${OWN_ARROWS}, button, a, summary, [role=button]`;

/** What a key press means here; null: nothing. */
export function runKeyOf(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  isOwn: (selector: string) => boolean,
): RunKey | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === ' ' && !event.shiftKey) return isOwn(OWN_SPACE) ? null : 'main';
  if (event.key !== 'ArrowRight' || isOwn(OWN_ARROWS)) return null;
  return event.shiftKey ? 'round' : 'phase';
}

/** Presses the button that the key stands for, so that what cannot be pressed does nothing. */
export function useRunKeys(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.repeat) return;
      const { target } = event;
      const key = runKeyOf(
        event,
        (selector) => target instanceof Element && target.closest(selector) !== null,
      );
      if (key === null) return;
      const button = ['.replay-bar', '.controls']
        .map((where) => document.querySelector<HTMLButtonElement>(`${where} [data-run-key=${key}]`))
        .find((found) => found !== null);
      if (button === undefined || button.disabled) return;
      event.preventDefault();
      button.click();
    };
    document.addEventListener('keydown', listen);
    return () => {
      document.removeEventListener('keydown', listen);
    };
  }, []);
}
