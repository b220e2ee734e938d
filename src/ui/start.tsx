/** @file Puts the page into the document. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { AppProps } from './app.tsx';
import { App } from './app.tsx';
import './lab.css';

export function start(root: HTMLElement, props: AppProps): void {
  createRoot(root).render(
    <StrictMode>
      <App {...props} />
    </StrictMode>,
  );
}
