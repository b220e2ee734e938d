/** @file Goes to another view from inside of one; the shell hears of it and puts the setup behind it again. */

/** @param view an id of shell/views.ts */
export function goTo(view: string): void {
  window.location.hash = `/${view}`;
}
