/** @file Brings an element into the window while it grows: what comes late (a drawing, a file) has its height later, and so
 * has what stands above it. */

const LONGEST_MS = 10_000;
/** Then the person decides where the page stands. */
const OWN_MOVES = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const;

/** Whole where it fits, else from its beginning. Returns what ends it early. */
export function keepInWindow(element: Element): () => void {
  const observer = new ResizeObserver(() => {
    const isTall = element.getBoundingClientRect().height > window.innerHeight;
    element.scrollIntoView({ block: isTall ? 'start' : 'nearest' });
  });
  const end = () => {
    observer.disconnect();
    window.clearTimeout(timer);
    for (const move of OWN_MOVES) window.removeEventListener(move, end);
  };
  const timer = window.setTimeout(end, LONGEST_MS);
  for (const move of OWN_MOVES) window.addEventListener(move, end, { passive: true });
  // Its siblings move it.
  for (const one of element.parentElement?.children ?? [element]) observer.observe(one);
  return end;
}
