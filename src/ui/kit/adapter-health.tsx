/** @file An adapter's health card in a line: modules, finite values, B, scale, how far it moves the weights. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { Answerer } from '../../store/questions/ask-state.ts';
import { useActions } from '../lab-context.ts';

/** `answerer` is to be the same object as long as it means the same: another one is counted anew. */
export function AdapterHealth({ answerer }: { readonly answerer: Answerer }): ReactNode {
  const actions = useActions();
  const [shown, setShown] = useState<{ readonly of: Answerer; readonly line: string | null } | null>(null);
  useEffect(() => {
    let isWanted = true;
    void actions.adapterHealth(answerer).then((line) => {
      if (isWanted) setShown({ of: answerer, line });
    });
    return () => {
      isWanted = false;
    };
  }, [actions, answerer]);
  const line = shown?.of === answerer ? shown.line : null;
  // The place stands from the beginning.
  return <p className="field-note">{line ?? '\u00a0'}</p>;
}
