/** @file State that outlives its view: who leaves a tab and comes back finds it as it was. Gone with the page. */
import { useState } from 'react';

/** A hook like useState whose value is kept under a name; call it once, outside of any component. The name must not
 * change while the component is shown. */
export function keptState<T>(): (
  name: string,
  first: () => T,
) => readonly [value: T, put: (value: T) => void] {
  const kept = new Map<string, T>();
  return function useKept(name, first) {
    const [value, setValue] = useState<T>(() => {
      const found = kept.get(name) ?? first();
      kept.set(name, found);
      return found;
    });
    const put = (next: T) => {
      kept.set(name, next);
      setValue(next);
    };
    return [value, put];
  };
}
