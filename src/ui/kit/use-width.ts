/** @file The width that an element has, in whole CSS pixels, as it changes; 0 before it is known. */
import type { RefObject } from 'react';
import { useEffect, useState } from 'react';

export function useWidth(host: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [host]);
  return width;
}
