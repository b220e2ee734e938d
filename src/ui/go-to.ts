/** @file Goes to another view from inside of one; the shell hears of it and puts the setup behind it again. */

/** Where in the view that is gone to; it is asked once, when that opens. */
let place: string | null = null;

/** @param view an id of shell/views.ts
 * @param to a place in it, where it has several */
export function goTo(view: string, to: string | null = null): void {
  place = to;
  window.location.hash = `/${view}`;
}

export const placeGoneTo = (): string | null => place;
export function forgetPlace(): void {
  place = null;
}
