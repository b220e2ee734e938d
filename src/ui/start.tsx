/** @file Puts the page into the document. */
import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import '@fontsource-variable/atkinson-hyperlegible-mono/wght.css';
import './design/tokens.css';
import './design/arms.css';
import './design/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import type { PageTools } from './lab-context.ts';
import { applyTheme, storedTheme } from './shell/theme.ts';

export function start(root: HTMLElement, tools: PageTools): void {
  applyTheme(storedTheme());
  createRoot(root).render(
    <StrictMode>
      <App {...tools} />
    </StrictMode>,
  );
}
