/** @file Copies the link that makes this very run again: of the setup in the address bar, or of another. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Button } from '../kit/button.tsx';

/** How long the button says that it did it, in milliseconds. */
const SAID_MS = 2500;

export interface ShareButtonProps {
  readonly title?: string;
  /** What stands behind '#'; the address bar's own where it is left out. */
  readonly hash?: string;
}

export function ShareButton({ title = 'Copy link', hash }: ShareButtonProps): ReactNode {
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
    const { href } = window.location;
    try {
      await navigator.clipboard.writeText(hash === undefined ? href : `${href.split('#')[0] ?? ''}#${hash}`);
      setSaid('Link copied');
    } catch {
      if (hash !== undefined) window.location.hash = hash;
      // No permission, or no secure origin: the link stands in the address bar.
      setSaid('Copy the address');
    }
  };
  return (
    <Button look="quiet" onPress={() => void copy()}>
      <span aria-live="polite">{said === '' ? title : said}</span>
    </Button>
  );
}
