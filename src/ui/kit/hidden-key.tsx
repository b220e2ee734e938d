/** @file A key that stays hidden until it is asked for: guess first. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button } from './button.tsx';
import './hidden-key.css';

export function HiddenKey({ children }: { readonly children: ReactNode }): ReactNode {
  const [isShown, setIsShown] = useState(false);
  return (
    <p className="key-line">
      <Button
        look="quiet"
        onPress={() => {
          setIsShown(!isShown);
        }}
      >
        {isShown ? 'Hide the key' : 'Show the key'}
      </Button>
      {isShown && <span>{children}</span>}
    </p>
  );
}
