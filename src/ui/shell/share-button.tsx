/** @file Copies the link that makes this very run again. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Button } from '../kit/button.tsx';

/** How long the button says that it did it, in milliseconds. */
const SAID_MS = 2500;

export function ShareButton(): ReactNode {
  const [said, setSaid] = useState<'' | 'Link copied' | 'Copy the address'>('');
  useEffect(() => {
    if (said === '') return undefined;
    const timer = setTimeout(() => {
      setSaid('');
    }, SAID_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      setSaid('Link copied');
    } catch {
      // No permission, or no secure origin: the link stands in the address bar.
      setSaid('Copy the address');
    }
  };
  return (
    <Button look="quiet" onPress={() => void copy()}>
      <span aria-live="polite">{said === '' ? 'Copy link' : said}</span>
    </Button>
  );
}
